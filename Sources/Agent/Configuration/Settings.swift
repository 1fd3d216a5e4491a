package import Export
package import Model

/// What the configuration file says, typed; members are named like their keys.
///
/// `Settings()` holds the default of every key, and no outputs.
package struct Settings: Sendable, Equatable {
    package var agent = AgentSettings()
    package var trace = TraceSettings()
    package var containers = ContainerSettings()
    /// In the order of the file.
    package var outputs: [OutputSettings] = []
    package var http = LocalEndpointSettings()
    package var watch: [WatchSettings] = []
    package var baseline = BaselineSettings()
    package var alerts = AlertSettings()

    package init() {}
}

/// `[agent]`
package struct AgentSettings: Sendable, Equatable {
    /// The length of a window.
    package var interval: Duration = .seconds(10)
    package var stateDir = "/var/lib/otagent"
    /// Absent: the host's own.
    package var hostname: String?
    package var shutdownTimeout: Duration = .seconds(5)

    package init() {}
}

/// `[trace]`
package struct TraceSettings: Sendable, Equatable {
    package enum Backend: String, CaseIterable, Sendable {
        case auto, tracepoint, fentry
    }

    package var backend: Backend = .auto
    package var pseudoFilesystems = false
    /// In bytes.
    package var maxKernelMemory = 64 << 20
    package var maxWritersPerUnit = 50
    package var maxUnits = 10_000
    package var foldTransient = true

    package init() {}
}

/// `[containers]`
package struct ContainerSettings: Sendable, Equatable {
    /// Whether names are read from the files of the runtimes.
    package var names = true
    /// More directories with such files.
    package var stateDirs: [String] = []
    /// `unix:/path`; empty: nobody is asked.
    package var sockets: [String] = []
    /// For one question to a socket.
    package var socketTimeout: Duration = .milliseconds(500)

    package init() {}
}

/// `[outputs.NAME]`
package struct OutputSettings: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case http(HTTPOptions)
        case file(FileOptions)
        case stdout(StdoutOptions)
    }

    package var name: String
    package var kind: Kind
    /// What one row stands for.
    package var groupBy = Grouping.cgroup

    package init(name: String, kind: Kind) { (self.name, self.kind) = (name, kind) }

    package var format: BatchFormat {
        switch kind {
        case .http(let options): options.format
        case .file(let options): options.format
        case .stdout(let options): options.format
        }
    }

    /// Before compression; a bigger window goes out in parts.
    package var maxBatchBytes: Int {
        switch kind {
        case .http(let options): options.maxBatchBytes
        case .file(let options): options.maxBatchBytes
        case .stdout(let options): options.maxBatchBytes
        }
    }
}

/// `[http]`: the local endpoint.
package struct LocalEndpointSettings: Sendable, Equatable {
    /// `host:port` or `unix:/path`; absent: no endpoint.
    package var listen: String?
    package var allowRemote = false
    package var tokenFile: String?
    /// How long an idle unit keeps its series.
    package var expireAfter: Duration = .seconds(15 * 60)

    package init() {}
}

/// `[[watch]]`: declared writers of a part of the system.
package struct WatchSettings: Sendable, Equatable {
    package var slice: String?
    package var unit: String?
    package var container: String?
    /// Globs; empty: everywhere.
    package var paths: [String] = []
    package var allow: [String] = []
    package var ops: [String] = Self.allOperations
    package var urgent = false

    package init() {}

    package static let allOperations = [
        "write", "create", "delete", "rename", "truncate", "allocate", "link", "symlink", "mkdir", "shared_map",
    ]
}

/// `[baseline]`: learned writers.
package struct BaselineSettings: Sendable, Equatable {
    package var enabled = false
    package var learnFor: Duration = .seconds(24 * 60 * 60)

    package init() {}
}

/// `[alerts]`
package struct AlertSettings: Sendable, Equatable {
    /// The program and its arguments; empty: none.
    package var exec: [String] = []
    package var maxPerWindow = 100

    package init() {}
}
