/// What a configuration that was read again changes in a running agent, and what it cannot change.
struct ReloadPlan: Sendable, Equatable {
    /// Outputs that go on as they are, by name.
    var kept: [String] = []
    /// Outputs that are new, or whose settings are.
    var started: [OutputSettings] = []
    /// Outputs that are gone, by name.
    var stopped: [String] = []
    /// Keys whose new values wait for a restart.
    var postponed: [String] = []
    /// What holds from now on: the new settings, but the old values of what is postponed.
    var settings: Settings

    init(from old: Settings, to new: Settings) {
        settings = new
        for output in new.outputs {
            if old.outputs.contains(output) { kept.append(output.name) } else { started.append(output) }
        }
        let names = Set(new.outputs.map(\.name))
        stopped = old.outputs.map(\.name).filter { !names.contains($0) }
        postpone(\.agent.stateDir, "[agent] state_dir", old)
        postpone(\.agent.hostname, "[agent] hostname", old)
        postpone(\.trace.backend, "[trace] backend", old)
        postpone(\.trace.pseudoFilesystems, "[trace] pseudo_filesystems", old)
        postpone(\.trace.maxKernelMemory, "[trace] max_kernel_memory", old)
        postpone(\.containers, "[containers]", old)
        postpone(\.http, "[http]", old)
    }

    /// Keeps the old value of what is set up once, at the start.
    private mutating func postpone<Value: Equatable>(
        _ value: WritableKeyPath<Settings, Value>, _ key: String, _ old: Settings
    ) {
        guard settings[keyPath: value] != old[keyPath: value] else { return }
        settings[keyPath: value] = old[keyPath: value]
        postponed.append(key)
    }

    /// The plan in one line for the log.
    var summary: String {
        var parts: [String] = []
        if !started.isEmpty { parts.append("started \(Self.list(started.map(\.name)))") }
        if !stopped.isEmpty { parts.append("stopped \(Self.list(stopped))") }
        if !kept.isEmpty { parts.append("kept \(Self.list(kept))") }
        return "outputs: " + parts.joined(separator: ", ")
    }

    private static func list(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: " ") }
}
