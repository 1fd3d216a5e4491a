import Glibc
import Model
import Synchronization
import SystemPackage

/// The local endpoint: answers clients at an address until it is stopped.
package final class EndpointServer: Sendable {
    private let orders: EndpointOrders

    /// - Parameter events: what the log should know; called from the endpoint's thread.
    package init(
        _ listener: EndpointListener, access: EndpointAccess, content: any EndpointContent,
        limits: EndpointLimits = EndpointLimits(), events: @escaping @Sendable (EndpointEvent) -> Void
    ) throws(SinkProblem) {
        let orders = try EndpointOrders()
        self.orders = orders
        // By an order like any later one: what starts the thread keeps no hold of the sockets.
        orders.give(.move(listener, access))
        try SinkThread.start {
            do {
                var loop = EndpointLoop(content, limits: limits, events: events)
                loop.run(orders)
            }
            // Its sockets are closed by now.
            orders.noteEnd()
        }
    }

    /// Listens elsewhere, or lets others in; who is connected stays so.
    package func move(to listener: EndpointListener, access: EndpointAccess) {
        orders.give(.move(listener, access))
    }

    /// Ends all connections and closes the address; returns when that is done.
    package func stop() async { await orders.stop() }

    deinit { orders.give(.stop) }
}

/// What an endpoint's thread is told from outside; the last order counts.
final class EndpointOrders: Sendable {
    enum Order {
        case stop
        case move(EndpointListener, EndpointAccess)
    }

    private struct State {
        var order: Order?
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// Readable when there is an order.
    let wake: CInt
    private let bell: CInt
    private let state = Mutex(State())

    init() throws(SinkProblem) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .refused(action: "make", path: "a pipe", Errno(rawValue: errno)) }
        (wake, bell) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        close(wake)
        close(bell)
    }

    func give(_ order: sending Order) {
        state.withLock { state in
            // Nothing comes after the end.
            if case .stop = state.order { return }
            state.order = order
        }
        var byte: UInt8 = 0
        // A full pipe wakes as well.
        _ = write(bell, &byte, 1)
    }

    func take() -> Order? {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wake, &bytes, bytes.count) == bytes.count {}
        return state.withLock { state in
            defer { state.order = nil }
            return state.order
        }
    }

    func noteEnd() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func stop() async {
        give(.stop)
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }
}
