internal import Machine
internal import Model
package import Render

extension UnitListing {
    /// The cgroups of this host now; needs no privileges but for the invocation IDs.
    package static func current() throws -> Self {
        let host = try AgentRun.host()
        var names = CgroupNames(startsAtRealRoot: host.startsAtRealRoot, asksAboutContainers: true)
        var ids: [CgroupID] = []
        host.walk { id, path in
            names.found(id, path: path)
            ids.append(id)
        }
        for id in ids { _ = names.name(of: id, current: host.path, invocation: host.invocationID) }
        var reader = ContainerReader(ContainerReader.Sources())
        for (id, question) in names.takeQuestions() {
            if case .known(let details) = reader.answer(question) { names.learn(id, details) }
        }
        return Self(names.living)
    }
}
