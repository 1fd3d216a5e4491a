internal import Machine
internal import Model
package import Render

extension UnitListing {
    /// How long the runtimes of containers may take to tell names, all together.
    private static var patience: Duration { .seconds(2) }

    /// The cgroups of this host now; needs no privileges but for the invocation IDs.
    ///
    /// - Parameters:
    ///   - describing: whether to read the units' files for what they say of themselves, too.
    ///   - containers: who is asked for the names of containers.
    ///   - note: called with what is absent, and why.
    package static func current(
        describing: Bool, containers: ContainerSettings, note: (String) -> Void
    ) throws -> Self {
        let host = try AgentRun.host()
        var names = CgroupNames(startsAtRealRoot: host.startsAtRealRoot, asksAboutContainers: true)
        var ids: [CgroupID] = []
        let unread = host.walk { id, path in
            names.found(id, path: path)
            ids.append(id)
        }
        if unread > 0 { note("\(unread) cgroups could not be looked into: those in them are absent") }
        for id in ids { _ = names.name(of: id, look: host.look, invocation: host.invocationID) }
        if let sources = ContainerReader.Sources(containers) {
            let makers = CgroupMakers(mount: host.mountPath)
            let findings = ContainerSurvey.take(
                names.takeQuestions(madeBy: makers.maker), sources, within: patience)
            for (id, details) in findings.known { names.learn(id, details) }
            if findings.unanswered > 0 {
                note(
                    """
                    the names of \(findings.unanswered) cgroups' containers are absent: whoever keeps them did not \
                    answer within \(patience)
                    """)
            }
            for remark in findings.remarks { note(remark) }
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
