internal import Machine
internal import Model
package import Render

extension UnitListing {
    /// The cgroups of this host now; needs no privileges but for the invocation IDs.
    package static func current() throws -> Self {
        let host = try AgentRun.host()
        var names = CgroupNames(startsAtRealRoot: host.startsAtRealRoot)
        var ids: [CgroupID] = []
        host.walk { id, path in
            names.found(id, path: path)
            ids.append(id)
        }
        for id in ids { _ = names.name(of: id, current: host.path, invocation: host.invocationID) }
        return Self(names.living)
    }
}
