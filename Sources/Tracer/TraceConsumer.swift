package import Model

/// What takes the events of a trace in their order: rows in a file, a summary, a tree of processes.
///
/// Only `take` is called for every event, so it must cost little; all are called on the trace's own thread.
package protocol TraceConsumer: Sendable {
    /// Called once, before the first event: when the command runs that is to be traced, or the whole host is.
    mutating func begin()

    /// - Parameter owner: whose cgroup the event is of; absent where nobody asked, or it could not be told.
    mutating func take(_ event: TraceEvent, of owner: CgroupOwner?)

    /// Called after each batch of events, about every 50 ms at most: who shows events while they come does it now.
    mutating func flush()

    /// Called once, after the last event; also when the trace ended by an error.
    mutating func end(_ end: TraceEnd)

    /// Adds what it knows to the account of the whole trace: now and then while it runs, and at its end.
    func contribute(to account: inout TraceAccount)
}

extension TraceConsumer {
    package mutating func begin() {}
    package mutating func flush() {}
    package func contribute(to account: inout TraceAccount) {}
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

    package init(
        started: Timestamp, ended: Timestamp, command: Command? = nil, loss: TraceLoss = TraceLoss()
    ) {
        (self.started, self.ended, self.command, self.loss) = (started, ended, command, loss)
    }
}

/// How a process ended.
package enum ProcessEnding: Sendable, Equatable {
    case exited(Int32)
    case killed(signal: Int32)
}
