internal import Machine
internal import Model
package import Render

extension UnitListing {
    /// The cgroups of this host now; needs no privileges but for the invocation IDs.
    ///
    /// - Parameter describing: whether to read the units' files for what they say of themselves, too.
    package static func current(describing: Bool) throws -> Self {
        let host = try AgentRun.host()
        var names = CgroupNames(startsAtRealRoot: host.startsAtRealRoot, asksAboutContainers: true)
        var ids: [CgroupID] = []
        host.walk { id, path in
            names.found(id, path: path)
            ids.append(id)
        }
        for id in ids { _ = names.name(of: id, look: host.look, invocation: host.invocationID) }
        var reader = ContainerReader(ContainerReader.Sources())
        for (id, question) in names.takeQuestions() {
            if case .known(let details) = reader.answer(question) { names.learn(id, details) }
        }
        guard describing else { return Self(names.living.map { Entry(id: $0.id, name: $0.name) }) }
        var descriptions = UnitDescriptions(hostname: HostNames.hostname)
        return Self(
            names.living.map { id, name in
                let owner = name.identity.owner
                let description = owner.flatMap { descriptions.description(of: $0.unit, ofUser: $0.user) }
                return Entry(id: id, name: name, description: description)
            })
    }
}
