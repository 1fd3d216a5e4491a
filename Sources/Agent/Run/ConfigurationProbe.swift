internal import Export

/// Tries what a configuration names on this host, without starting to count.
package struct ConfigurationProbe {
    private let settings: Settings

    package init(_ settings: Settings) { self.settings = settings }

    /// Throws a `Refusal` that names the files which have something else at their paths, without opening any: what is
    /// checked may be in use, and this is also asked before each reload.
    package func look() throws(Refusal) {
        let problems = settings.outputs.compactMap { output -> String? in
            guard case .file(let options) = output.kind else { return nil }
            do throws(SinkProblem) { try FileSink.look(options) } catch { return "output '\(output.name)': \(error)" }
            return nil
        }
        if !problems.isEmpty { throw Refusal(.badConfiguration, problems.joined(separator: "\n")) }
    }

    /// Throws a `Refusal` that names everything which does not work.
    package func run() async throws {
        var problems: [String] = []
        do {
            _ = try StateDirectory(settings.agent.stateDir)
        } catch {
            problems.append(error.description)
        }
        for output in settings.outputs {
            if let problem = await problem(of: output) { problems.append("output '\(output.name)': \(problem)") }
        }
        if let trouble = AlertProgram.trouble(settings.alerts.exec) { problems.append("[alerts] exec: \(trouble)") }
        do throws(Refusal) { try LocalEndpoint.probe(settings.http) } catch { problems.append(error.description) }
        if !problems.isEmpty { throw Refusal(.badConfiguration, problems.joined(separator: "\n")) }
    }

    private func problem(of output: OutputSettings) async -> String? {
        do throws(SinkProblem) {
            switch output.kind {
            case .file(let options):
                try FileSink.probe(options)
                return nil
            case .http(let options):
                let sink = try HTTPSink(
                    name: output.name, options: options, version: AgentRun.version, spool: nil
                ) { _ in }
                _ = await sink.finish(by: .now)
                return Reachability.problem(of: options)
            case .stdout:
                return nil
            }
        } catch {
            return error.description
        }
    }
}
