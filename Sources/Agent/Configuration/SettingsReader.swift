internal import Export
internal import Model

/// Makes settings of the values of a file, and finds what is wrong between them.
struct SettingsReader {
    private let sections: [SectionValues]
    private(set) var problems: ProblemCollector

    init(_ sections: [SectionValues], problems: ProblemCollector) {
        (self.sections, self.problems) = (sections, problems)
    }

    mutating func read() -> Settings {
        var settings = Settings()
        for section in sections {
            switch section.kind {
            case .agent: Self.read(section, into: &settings.agent)
            case .trace: Self.read(section, into: &settings.trace)
            case .containers:
                Self.read(section, into: &settings.containers)
                check(section, settings.containers)
            case .http:
                Self.read(section, into: &settings.http)
                checkEndpoint(section, settings.http)
            case .watch: settings.watch.append(watch(section))
            case .baseline:
                section.read("enabled", into: &settings.baseline.enabled)
                section.read("learn_for", into: &settings.baseline.learnFor)
            case .alerts:
                section.read("exec", into: &settings.alerts.exec)
                section.read("max_per_window", into: &settings.alerts.maxPerWindow)
                if settings.alerts.exec.first == "" {
                    problems.value(section.key.appending("exec").appending(0), "exec must begin with a program's path")
                }
            case .output:
                let reader = OutputReader(section, among: sections)
                reader.check(&problems)
                if let output = reader.settings() { settings.outputs.append(output) }
            case .outputTLS, .outputRetry, .outputSpool: break
            }
        }
        OutputPaths(sections).check(&problems)
        return settings
    }

    private static func read(_ section: SectionValues, into agent: inout AgentSettings) {
        section.read("interval", into: &agent.interval)
        section.read("state_dir", into: &agent.stateDir)
        section.read("hostname", into: &agent.hostname)
        section.read("shutdown_timeout", into: &agent.shutdownTimeout)
    }

    private static func read(_ section: SectionValues, into trace: inout TraceSettings) {
        section.read("backend", into: &trace.backend)
        section.read("pseudo_filesystems", into: &trace.pseudoFilesystems)
        section.read("max_kernel_memory", into: &trace.maxKernelMemory)
        section.read("max_writers_per_unit", into: &trace.maxWritersPerUnit)
        section.read("max_units", into: &trace.maxUnits)
        section.read("fold_transient", into: &trace.foldTransient)
    }

    private static func read(_ section: SectionValues, into containers: inout ContainerSettings) {
        section.read("names", into: &containers.names)
        section.read("state_dirs", into: &containers.stateDirs)
        section.read("sockets", into: &containers.sockets)
        section.read("socket_timeout", into: &containers.socketTimeout)
    }

    private mutating func check(_ section: SectionValues, _ containers: ContainerSettings) {
        if !containers.names, section.turnsOn("state_dirs") {
            let sentence =
                "state_dirs in [containers] has no effect with names = false: no files are read"
                + (containers.sockets.isEmpty ? "" : ", only the sockets are asked")
            problems.key(section.key.appending("state_dirs"), sentence, .warning)
        }
        for (index, path) in containers.stateDirs.enumerated() where !path.hasPrefix("/") {
            let key = section.key.appending("state_dirs").appending(index)
            problems.value(key, "state_dirs[\(index)] must be an absolute path")
        }
        for (index, socket) in containers.sockets.enumerated() {
            let key = section.key.appending("sockets").appending(index)
            let path = socket.hasPrefix("unix:") ? socket.dropFirst("unix:".count) : ""
            if !path.hasPrefix("/") {
                problems.value(key, "sockets[\(index)] must be \"unix:\" and a path, such as \"unix:/run/docker.sock\"")
            } else if path.utf8.count > 107 {
                problems.value(key, "sockets[\(index)] must be shorter: the path of a socket has at most 107 bytes")
            }
        }
    }

    private static func read(_ section: SectionValues, into http: inout LocalEndpointSettings) {
        section.read("listen", into: &http.listen)
        section.read("allow_remote", into: &http.allowRemote)
        section.read("token_file", into: &http.tokenFile)
        section.read("expire_after", into: &http.expireAfter)
    }

    private mutating func checkEndpoint(_ section: SectionValues, _ http: LocalEndpointSettings) {
        guard let listen = http.listen else { return }
        let key = section.key.appending("listen")
        if listen.hasPrefix("unix:") {
            if !listen.hasPrefix("unix:/") {
                problems.value(key, "listen needs an absolute path after \"unix:\"")
            } else if listen.utf8.count - "unix:".utf8.count > EndpointAddress.longestPath {
                let most = EndpointAddress.longestPath
                problems.value(key, "listen must be shorter: the path of a socket has at most \(most) bytes")
            }
            return
        }
        guard let (host, port) = WebAddress.hostAndPort(listen[...]), let port, let number = Int(port),
            !host.isEmpty, (0...65_535).contains(number)
        else {
            return problems.value(
                key, "listen must be an address such as \"127.0.0.1:9469\" or \"unix:/run/otagent/http.sock\"")
        }
        if !WebAddress.isLoopback(host), !http.allowRemote || http.tokenFile == nil {
            problems.value(key, "listen beyond this host needs allow_remote = true and a token_file")
        }
    }

    private mutating func watch(_ section: SectionValues) -> WatchSettings {
        var watch = WatchSettings()
        section.read("slice", into: &watch.slice)
        section.read("unit", into: &watch.unit)
        section.read("container", into: &watch.container)
        section.read("paths", into: &watch.paths)
        section.read("allow", into: &watch.allow)
        section.read("ops", into: &watch.ops)
        section.read("urgent", into: &watch.urgent)
        // A selector that is wrong was told already; it is not missing.
        let isSelective = ["slice", "unit", "container"].contains { name in
            section.string(name) != nil || section.present.contains(name) && section.values[name] == nil
        }
        if !isSelective {
            problems.key(section.key, "[[watch]] has no slice, unit or container: it would watch nothing")
        }
        do { _ = try WatchRule(section.key.description, watch.text) } catch {
            for mistake in error.all {
                problems.value(mistake.place.key(in: section.key), "\(mistake.place.name) \(mistake.sentence)")
            }
        }
        return watch
    }
}
