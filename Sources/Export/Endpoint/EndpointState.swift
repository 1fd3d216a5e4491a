package import Model
import Render
import Synchronization

/// What the local endpoint shows: changed by the pipeline as windows close, looked at by the endpoint's thread.
///
/// Neither waits for the other for longer than it takes to copy a reference: documents are rendered from a view that
/// nobody changes any more, once for all who ask between two windows.
package final class EndpointState: EndpointContent {
    /// What documents are made of.
    private struct Shown {
        var view: LiveView?
        var agent: AgentIdentity?
        var host: HostIdentity?
        /// Another one for each change.
        var number = 0
    }

    private struct State {
        var units: LiveUnits
        var rules: [Alert.Source]
        var shown = Shown()
        var interval: Int64
        var signs = EndpointHealth.Signs()
        var account = EndpointAccount()
    }

    private enum Document: Hashable { case metrics(ExpositionFormat), units, status, alerts }

    private let state: Mutex<State>
    private let rendered = Mutex<[Document: (number: Int, bytes: [UInt8])]>([:])
    private let monotonic: @Sendable () -> Int64

    /// - Parameters:
    ///   - expireAfter: how long an idle unit is shown.
    ///   - rules: what may raise alerts.
    ///   - monotonic: nanoseconds of a clock that nobody sets.
    package init(
        expireAfter: Duration, interval: Duration, rules: [Alert.Source] = [],
        monotonic: @escaping @Sendable () -> Int64
    ) {
        state = Mutex(
            State(
                units: LiveUnits(idle: expireAfter / .seconds(1)), rules: rules,
                interval: Int64(interval / .nanoseconds(1))))
        self.monotonic = monotonic
    }

    // MARK: - Told by the agent

    /// Counting begins.
    package func begin(agent: AgentIdentity, host: HostIdentity) {
        let now = monotonic()
        state.withLock { state in
            (state.shown.agent, state.shown.host, state.signs.began) = (agent, host, now)
            state.shown.number += 1
        }
    }

    /// The loop that reads the counters goes on.
    package func noteTurn() {
        let now = monotonic()
        state.withLock { $0.signs.turned = now }
    }

    /// A window has closed; its rows are of cgroups.
    package func show(_ batch: Batch) {
        let now = monotonic()
        state.withLock { state in
            var view = state.units.add(batch)
            (view.endpoint, view.rules) = (state.account, state.rules)
            (state.shown.view, state.signs.closed) = (view, now)
            state.shown.number += 1
        }
        // They were of the view before; whoever asks next makes them anew.
        rendered.withLock { $0 = [:] }
    }

    package func follow(expireAfter: Duration, interval: Duration, rules: [Alert.Source]) {
        state.withLock { state in
            state.rules = rules
            state.units.setIdle(expireAfter / .seconds(1))
            state.interval = Int64(interval / .nanoseconds(1))
        }
    }

    package var account: EndpointAccount { state.withLock { $0.account } }

    // MARK: - Asked by clients

    package func note(_ change: (inout EndpointAccount) -> Void) { state.withLock { change(&$0.account) } }

    package func answer(_ resource: EndpointResource, to head: RequestHead) -> EndpointAnswer {
        switch resource {
        case .page, .style, .script: return EndpointPage.answer(resource) ?? EndpointAnswer(.notFound)
        case .health: return health
        case .alerts: return Self.json(document(.alerts) { EndpointDocuments.alerts($0.view) })
        case .units: return Self.json(document(.units) { EndpointDocuments.units($0.view) })
        case .status:
            return Self.json(
                document(.status) { EndpointDocuments.status($0.view, agent: $0.agent, host: $0.host) })
        case .metrics:
            let format = ExpositionFormat(accept: head.accept)
            guard state.withLock({ $0.shown.view != nil }) else {
                return EndpointAnswer(.unavailable, "no window has closed yet")
            }
            let body = document(.metrics(format)) { shown in
                shown.view.map { Exposition.render($0, as: format) } ?? []
            }
            return EndpointAnswer(contentType: format.contentType, body: body)
        }
    }

    private var health: EndpointAnswer {
        let now = monotonic()
        let health = state.withLock { EndpointHealth($0.signs, interval: $0.interval, at: now) }
        return EndpointAnswer(
            health == .fine ? .fine : .unavailable, contentType: "application/json",
            body: EndpointDocuments.health(health))
    }

    private static func json(_ body: [UInt8]) -> EndpointAnswer {
        EndpointAnswer(contentType: "application/json", body: body)
    }

    /// As it was rendered since the last window closed, or else rendered now.
    private func document(_ document: Document, render: (Shown) -> [UInt8]) -> [UInt8] {
        let shown = state.withLock { $0.shown }
        if let known = rendered.withLock({ $0[document] }), known.number == shown.number { return known.bytes }
        let bytes = render(shown)
        rendered.withLock { $0[document] = (shown.number, bytes) }
        return bytes
    }
}
