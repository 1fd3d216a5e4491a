package import Model
package import Render

/// The rows of a trace in a file or on standard output.
package struct TraceRows: TraceConsumer {
    /// What is to happen when nobody takes the rows any more.
    package enum Abandonment: Sendable {
        /// They were all that was wanted.
        case endsTrace
        /// The command goes on.
        case goesOn
    }

    private var writer: TraceWriter
    private let output: TraceOutput
    private let filter: TraceFilter
    private let stop: StopSign
    private let abandonment: Abandonment
    private let say: @Sendable (String) -> Void

    private var account = TraceAccount()
    /// Rows that are in the writer's memory.
    private var waiting: UInt64 = 0
    /// Up to which place the file has whole rows.
    private var size: Int64 = 0
    private var state = State.open

    private enum State {
        case open
        case abandoned
        /// Said once.
        case failed
    }

    /// The most bytes that are kept before they are written.
    private static var roomForBatch: Int { 256 << 10 }

    package init(
        _ options: TraceWriter.Options, to output: TraceOutput, filter: TraceFilter, stop: StopSign,
        whenAbandoned abandonment: Abandonment, say: @escaping @Sendable (String) -> Void
    ) {
        writer = TraceWriter(options)
        (self.output, self.filter, self.stop) = (output, filter, stop)
        (self.abandonment, self.say) = (abandonment, say)
    }

    package mutating func begin() {
        do throws(TraceRefusal) {
            try output.begin()
        } catch {
            state = .failed
            say("\(error)")
            return
        }
        writer.begin()
        write()
    }

    package mutating func take(_ event: TraceEvent, of owner: CgroupOwner?) {
        guard filter.passes(event, of: owner) else {
            account.passedOver += 1
            return
        }
        guard state == .open else {
            account.unwritten += 1
            return
        }
        writer.append(event)
        waiting += 1
        if writer.bytes.count >= Self.roomForBatch { write() }
    }

    package mutating func flush() {
        if waiting > 0 {
            write()
        } else if state == .open, !output.hasReader {
            abandon()
        }
    }

    package mutating func end(_ end: TraceEnd) {
        flush()
        // After a failure, too: the file ends with a whole row, and a few bytes may well fit.
        guard state != .abandoned else { return }
        var account = TraceAccount()
        account.loss = end.loss
        contribute(to: &account)
        // Behind half a row nobody could read it.
        let saysLosses = !account.isWhole && (state == .open || output.canBeCut)
        writer.end(saysLosses ? account : nil)
        if write(last: writer.take()) || !saysLosses { return }
        // The end alone may still fit.
        writer.end()
        _ = write(last: writer.take())
    }

    private func write(last bytes: [UInt8]) -> Bool {
        if output.write(bytes, until: stop) == .whole { return true }
        output.cut(to: size)
        return false
    }

    package func contribute(to account: inout TraceAccount) {
        account.rows += self.account.rows
        account.passedOver += self.account.passedOver
        // Whoever closes the pipe has what was wanted, where that ends the trace.
        switch (state, abandonment) {
        case (.failed, _): account.unwritten += self.account.unwritten
        case (.abandoned, .goesOn): account.unread += self.account.unwritten
        case (.open, _), (.abandoned, .endsTrace): break
        }
    }

    private mutating func abandon() {
        state = .abandoned
        if abandonment == .endsTrace { stop.ask(.end) }
    }

    private mutating func write() {
        let bytes = writer.take()
        defer { waiting = 0 }
        switch output.write(bytes, until: stop) {
        case .whole:
            size += Int64(bytes.count)
            account.rows += waiting
        case .nobodyReads:
            account.unwritten += waiting
            abandon()
        case .notTaken:
            account.unwritten += waiting
            state = .failed
            say("nobody takes the rows from \(output.name); the rest of them is lost")
        case .failed(let reason):
            account.unwritten += waiting
            state = .failed
            output.cut(to: size)
            say("cannot write \(output.name): \(reason); the rows from here on are lost")
        }
    }
}
