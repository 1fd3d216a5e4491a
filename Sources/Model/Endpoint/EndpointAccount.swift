/// What became of those who came to the local endpoint, since it was opened.
package struct EndpointAccount: Sendable, Equatable {
    package private(set) var answers: [EndpointStatus: UInt64] = [:]
    /// Connections for which there was no room.
    package var refusedConnections: UInt64 = 0
    /// Connections that were given up because the client was too slow.
    package var slowConnections: UInt64 = 0

    package init() {}

    package mutating func note(_ status: EndpointStatus) { answers[status, default: 0] += 1 }
}
