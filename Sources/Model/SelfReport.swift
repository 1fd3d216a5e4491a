/// How the agent itself was when a window closed; what was not read is absent.
package struct SelfReport: Sendable, Equatable {
    /// In the order of the configuration.
    package var outputs: [OutputReport] = []
    package var process = ProcessUse()
    package var resolver: ResolverAccount?
    package var configuration: ConfigurationAccount?
    /// Bytes that the programs and their maps take in the kernel, at most.
    package var kernelMemory: UInt64?
    /// Absent where nobody is watched.
    package var watch: WatchReport?

    package init() {}
}

/// One output: since when it runs, and what became of all it was given until the window closed.
package struct OutputReport: Sendable, Equatable {
    package var name: String
    package var kind: OutputKind
    /// When it was opened: a reload that changes an output begins its account anew.
    package var since: Timestamp
    package var account: SinkAccount

    package init(name: String, kind: OutputKind, since: Timestamp, account: SinkAccount) {
        (self.name, self.kind, self.since, self.account) = (name, kind, since, account)
    }
}

package enum OutputKind: String, Sendable, CaseIterable {
    case http, file, stdout
}

/// What the process takes of its host.
package struct ProcessUse: Sendable, Equatable {
    /// Of all its threads, in user and kernel mode, since it started.
    package var cpuTime: Duration?
    package var residentBytes: UInt64?
    package var openDescriptors: UInt64?
    package var started: Timestamp?

    package init() {}
}

/// How often the file system had to be asked for the name of a cgroup that nobody had reported.
package struct ResolverAccount: Sendable, Equatable {
    package var lookups: UInt64 = 0
    /// Those that brought no name: the cgroup was gone.
    package var failures: UInt64 = 0
    /// Cgroups whose name is known, those included that are gone since a moment ago.
    package var known: UInt64 = 0

    package init() {}
}

/// Since when which configuration holds.
package struct ConfigurationAccount: Sendable, Equatable {
    package private(set) var reloads: UInt64 = 0
    package private(set) var refusedReloads: UInt64 = 0
    /// Absent as long as nobody wished one.
    package private(set) var lastReloadSucceeded: Bool?
    /// When the configuration that holds was taken over: at the start, or by the last reload that was good.
    package private(set) var loaded: Timestamp

    package init(loaded: Timestamp) { self.loaded = loaded }

    package mutating func noteReload(succeeded: Bool, at time: Timestamp) {
        lastReloadSucceeded = succeeded
        if succeeded {
            reloads += 1
            loaded = time
        } else {
            refusedReloads += 1
        }
    }
}
