package import Model

/// What takes the events of a trace in their order: rows in a file, a summary, a tree of processes.
///
/// Only `take` is called for every event, so it must cost little; all three are called on the trace's own thread.
package protocol TraceConsumer: Sendable {
    mutating func take(_ event: TraceEvent)

    /// Called after each batch of events, about every 50 ms at most: who shows events while they come does it now.
    mutating func flush()

    /// Called once, after the last event; also when the trace ended by an error.
    mutating func end(_ end: TraceEnd)
}

extension TraceConsumer {
    package mutating func flush() {}
}

/// How a trace ended, and what is not in it.
package struct TraceEnd: Sendable, Equatable {
    /// A command that was run to be traced.
    package struct Command: Sendable, Equatable {
        /// Its name first, as they were given.
        package var arguments: [ByteString]
        package var pid: UInt32
        /// Absent while it still runs, when the trace ended before it.
        package var ending: ProcessEnding?

        package init(arguments: [ByteString], pid: UInt32, ending: ProcessEnding? = nil) {
            (self.arguments, self.pid, self.ending) = (arguments, pid, ending)
        }
    }

    package var started: Timestamp
    package var ended: Timestamp
    /// Absent where the whole host was traced.
    package var command: Command?
    package var loss: TraceLoss
    /// Events that came from the kernel and that no consumer got.
    package var passedOver: UInt64

    package init(
        started: Timestamp, ended: Timestamp, command: Command? = nil, loss: TraceLoss = TraceLoss(),
        passedOver: UInt64 = 0
    ) {
        (self.started, self.ended, self.command, self.loss) = (started, ended, command, loss)
        self.passedOver = passedOver
    }
}

/// How a process ended.
package enum ProcessEnding: Sendable, Equatable {
    case exited(Int32)
    case killed(signal: Int32)
}
