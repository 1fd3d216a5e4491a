internal import Export
internal import Logging

/// Spools of outputs that were renamed, removed or given another type: nobody sends what waits in them.
enum SpoolOrphans {
    /// Every folder below the spools that no output of type http has, by name.
    static func all(_ settings: Settings) -> [SpoolListing] {
        let names = settings.outputs.compactMap { if case .http = $0.kind { $0.name } else { nil } }
        let top = StateDirectory.spool(of: "", in: settings.agent.stateDir)
        return SpoolListing.outputs(below: top).filter { !names.contains($0) }.map { name in
            SpoolListing(output: name, folder: StateDirectory.spool(of: name, in: settings.agent.stateDir))
        }
    }

    /// Says what lies in each, and what to do about it; nothing of those that are empty.
    static func warn(_ settings: Settings, _ logger: Logger) {
        for orphan in all(settings) {
            let name = SpoolInspection.printable(orphan.output)
            let path = SpoolInspection.printable(StateDirectory.spool(of: orphan.output, in: settings.agent.stateDir))
            do throws(SinkProblem) {
                let total = try orphan.total()
                guard total.waiting + total.aside > 0 else { continue }
                logger.warning(
                    """
                    no output of type http is named '\(name)': \(total.waiting) batches (\(total.rows) rows) wait in \
                    \(path) and are not sent, \(total.aside) files lie aside; name an output so again, \
                    send them with 'otagent spool drain --output \(name) --as OUTPUT', \
                    or remove them with 'otagent spool purge --output \(name) --yes'
                    """)
            } catch {
                logger.warning("no output of type http is named '\(name)', and its spool cannot be read: \(error)")
            }
        }
    }
}
