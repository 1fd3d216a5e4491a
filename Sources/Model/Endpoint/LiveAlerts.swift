/// The newest alerts, for who asks the local endpoint.
package struct LiveAlerts: Sendable, Equatable {
    /// As many as are kept: a screen of them is read, a thousand are searched.
    package static let capacity = 1_000

    /// The newest first.
    package private(set) var newest: [Alert] = []
    /// How many older ones are not kept any more.
    package private(set) var dropped: UInt64 = 0

    package init() {}

    /// Takes those of a window, in the order in which they were raised; some may be older than those that are here.
    package mutating func add(_ alerts: [Alert]) {
        for alert in alerts {
            let place = newest.firstIndex { $0.time <= alert.time } ?? newest.endIndex
            newest.insert(alert, at: place)
            if newest.count > Self.capacity {
                newest.removeLast()
                dropped += 1
            }
        }
    }
}
