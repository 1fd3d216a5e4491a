package import Model

/// What `[outputs.NAME]` of type `http` says; a member is named like its key.
package struct HTTPOptions: Sendable, Equatable {
    package var url: String
    package var format: BatchFormat = .json
    package var compression: Compression = .gzip
    /// For one request as a whole, connecting included.
    package var timeout: Duration = .seconds(10)
    /// For connecting alone, TLS and a proxy's consent included.
    package var connectTimeout: Duration = .seconds(5)
    /// The socket on this host that is connected to, whatever host the URL names.
    package var unixSocket: String?
    /// `http://host:port`; absent: no proxy, whatever the environment says.
    package var proxy: String?
    package var proxyUsername: String?
    package var proxyPasswordFile: String?
    package var bearerTokenFile: String?
    package var username: String?
    package var passwordFile: String?
    package var headers: [String: String] = [:]
    /// Before compression; a bigger window is sent in parts.
    package var maxBatchBytes = 4 << 20
    package var allowInsecureAuth = false
    package var tls = TLSOptions()
    package var retry = RetryOptions()
    package var spool = SpoolOptions()

    package init(url: String) { self.url = url }
}

/// How a body or an archive is packed.
package enum Compression: String, CaseIterable, Sendable {
    case gzip, none
}

/// `[outputs.NAME.tls]`; an absent member leaves the system's own choice.
package struct TLSOptions: Sendable, Equatable {
    package enum Version: String, CaseIterable, Sendable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    package var caFile: String?
    package var certFile: String?
    package var keyFile: String?
    /// The name that is asked for and verified in place of the URL's host.
    package var serverName: String?
    package var minVersion: Version = .tls12
    package var insecureSkipVerify = false

    package init() {}
}

/// `[outputs.NAME.retry]`: the span in which pauses between attempts are drawn.
package struct RetryOptions: Sendable, Equatable {
    package var initial: Duration = .seconds(1)
    package var max: Duration = .seconds(60)

    package init() {}
}

/// `[outputs.NAME.spool]`: how much may wait for delivery, and for how long.
package struct SpoolOptions: Sendable, Equatable {
    package var maxBytes = 64 << 20
    package var maxAge: Duration = .seconds(24 * 60 * 60)

    package init() {}
}

/// What `[outputs.NAME]` of type `file` says; a member is named like its key.
package struct FileOptions: Sendable, Equatable {
    package var path: String
    package var format: BatchFormat = .ndjson
    package var maxBatchBytes = 4 << 20
    /// Zero: the size does not matter.
    package var rotateSize = 64 << 20
    /// Boundaries are whole multiples since 1970, UTC. Zero: the time does not matter.
    package var rotateEvery: Duration = .seconds(24 * 60 * 60)
    package var keepFiles = 7
    package var keepBytes = 512 << 20
    package var compress: Compression = .gzip
    /// What waits in memory while the file cannot be written; beyond it the oldest is dropped.
    package var maxWaitingBytes = 16 << 20

    package init(path: String) { self.path = path }
}

/// What `[outputs.NAME]` of type `stdout` says; a member is named like its key.
package struct StdoutOptions: Sendable, Equatable {
    package var format: BatchFormat = .ndjson
    package var maxBatchBytes = 4 << 20
    /// What waits in memory while nobody reads; beyond it the oldest is dropped.
    package var maxWaitingBytes = 16 << 20

    package init() {}
}
