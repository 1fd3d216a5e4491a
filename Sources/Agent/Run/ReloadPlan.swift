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

    /// - Parameters:
    ///   - running: the names of the old outputs that run; nil for all of them.
    ///   - canWatch: whether the programs were loaded with room for what is sighted; nil: as the old settings ask for it.
    init(from old: Settings, running: Set<String>? = nil, canWatch: Bool? = nil, to new: Settings) {
        settings = new
        postponeStreams(old)
        for output in settings.outputs {
            let runs = running?.contains(output.name) ?? true
            if runs && old.outputs.contains(output) { kept.append(output.name) } else { started.append(output) }
        }
        let names = Set(settings.outputs.map(\.name))
        stopped = old.outputs.map(\.name).filter { !names.contains($0) }
        postpone(\.agent.stateDir, "[agent] state_dir", old)
        postpone(\.agent.hostname, "[agent] hostname", old)
        postpone(\.trace.backend, "[trace] backend", old)
        postpone(\.trace.pseudoFilesystems, "[trace] pseudo_filesystems", old)
        postpone(\.trace.maxKernelMemory, "[trace] max_kernel_memory", old)
        postpone(\.containers, "[containers]", old)
        postpone(\.baseline.enabled, "[baseline] enabled", old)
        if !(canWatch ?? old.watchesAnything) { postpone(\.watch, "[[watch]]", old) }
    }

    /// Standard output has one writer as long as the agent lives: two at once would mix their lines when its reader is slow.
    private mutating func postponeStreams(_ old: Settings) {
        let before = old.outputs.filter { $0.kind.isStream }
        let after = settings.outputs.filter { $0.kind.isStream }
        guard before != after else { return }
        let streams = Set((before + after).map(\.name))
        settings.outputs = before + settings.outputs.filter { !streams.contains($0.name) }
        postponed += streams.sorted().map { "[outputs.\($0)], which is standard output," }
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

extension OutputSettings.Kind {
    fileprivate var isStream: Bool { if case .stdout = self { true } else { false } }
}
