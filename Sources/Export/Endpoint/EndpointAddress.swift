/// Where the local endpoint listens.
package enum EndpointAddress: Sendable, Equatable, CustomStringConvertible {
    /// - Parameter host: a name or an address, without brackets.
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The longest path of a socket, in bytes (sockaddr_un).
    package static let longestPath = 107
}
