internal import Kernel
internal import Machine
package import Model

/// One trace: events from their source to whoever takes them, until it is told to stop.
package actor TraceRun {
    private let source: any TraceSource
    private var consumers: [any TraceConsumer]
    private let stop: StopSign
    private let progress: ProgressLine?
    private var owners: CgroupOwners?
    private let started = Clock.wall
    private let executor = OwnThread("trace")

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Milliseconds: rows are seen this long after what they are about, at most, and the end of a command is.
    private static var wait: Int32 { 25 }
    /// Before the end: programs may write faster than anybody reads.
    private static var mostParts: Int { 256 }

    /// What came of it.
    package struct Result: Sendable {
        package var account: TraceAccount
        /// Why there were no more events; absent when they ended as they should.
        package var failure: String?
    }

    /// - Parameter namesOwners: whether consumers are told whose cgroups the events are of.
    package init(
        _ source: any TraceSource, to consumers: [any TraceConsumer], namesOwners: Bool, stop: StopSign,
        progress: ProgressLine? = nil
    ) {
        (self.source, self.consumers, self.stop, self.progress) = (source, consumers, stop, progress)
        owners = namesOwners ? CgroupOwners() : nil
    }

    package func begin() { for index in consumers.indices { consumers[index].begin() } }

    /// Hands events over until the sign says to stop, and then those that are left.
    ///
    /// - Parameter command: asked at the end, for the consumers.
    package func run(command: @Sendable () -> TraceEnd.Command? = { nil }) async -> Result {
        var (failure, loss) = (nil as String?, TraceLoss())
        do {
            while stop.state == .goOn {
                let events = try await source.events(waitingUpTo: Self.wait)
                learn(await source.cgroupFacts())
                hand(events)
                for index in consumers.indices { consumers[index].flush() }
                if let progress, progress.isDue { progress.show(account(try await source.loss())) }
            }
            // What is left there is handed on in parts, too.
            for _ in 0..<Self.mostParts {
                let events = try await source.events(waitingUpTo: 0)
                if events.isEmpty { break }
                learn(await source.cgroupFacts())
                hand(events)
            }
            let events = try await source.end()
            learn(await source.cgroupFacts())
            hand(events)
            loss = try await source.loss()
        } catch {
            failure = "\(error)"
            loss = (try? await source.loss()) ?? loss
        }
        progress?.clear()
        let end = TraceEnd(started: started, ended: Clock.wall, command: command(), loss: loss)
        for index in consumers.indices { consumers[index].end(end) }
        return Result(account: account(loss), failure: failure)
    }

    private func account(_ loss: TraceLoss) -> TraceAccount {
        var account = TraceAccount()
        account.loss = loss
        for consumer in consumers { consumer.contribute(to: &account) }
        return account
    }

    private func learn(_ facts: [Fact]) {
        for fact in facts {
            switch fact {
            case .cgroupMade(let id, let path), .cgroupRenamed(let id, let path), .cgroupRemoved(let id, let path):
                if let path { owners?.learn(id, path: path) }
            case .writerSeen, .sighted: break
            }
        }
    }

    private func hand(_ events: [TraceEvent]) {
        guard owners != nil else {
            for event in events { for index in consumers.indices { consumers[index].take(event, of: nil) } }
            return
        }
        for var event in events {
            let owner = owners?.owner(of: event.actor.cgroup)
            (event.actor.unit, event.actor.container) = (owner?.unit, owner?.container)
            for index in consumers.indices { consumers[index].take(event, of: owner) }
        }
    }
}
