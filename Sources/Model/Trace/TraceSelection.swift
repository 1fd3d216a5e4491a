/// What of all that happens the kernel hands over as events; of the rest it only counts how much there was.
package struct TraceSelection: Sendable, Equatable {
    /// Whose operations.
    package enum Scope: Sendable, Equatable {
        /// Those of all processes but the tracer's own.
        case host
        /// Those of the tracer's children and of all that come from them, wherever they go, and of whatever else is in
        /// the cgroup, if there is one, or below it.
        case children(cgroup: CgroupID?)
        /// Those of a process (as the tracer's own namespace numbers it) and of all that come from it from now on.
        case process(UInt32)
    }

    /// Which writes to a file.
    package enum Writes: Sendable, Equatable {
        case each
        /// By each process the first to each file, which is enough to know who wrote what.
        case first
    }

    package var scope: Scope
    /// Opens that made a file pass for `create` as well.
    package var operations: Set<TraceOperation>
    /// Of opens only those that the terms let pass; all when absent. `fork`, `exit` and what else has no flags is not asked.
    package var opens: FlagsTerms?
    /// Only what failed, of all operations that can; an exit with a code other than 0 or by a signal has.
    package var onlyFailures: Bool
    package var uid: UInt32?
    package var writes: Writes
    /// Whether events have absolute paths, and files their numbers; that costs most.
    package var wantsPaths: Bool

    package init(
        scope: Scope = .host, operations: Set<TraceOperation> = [.open], opens: FlagsTerms? = nil,
        onlyFailures: Bool = false, uid: UInt32? = nil, writes: Writes = .each, wantsPaths: Bool = false
    ) {
        (self.scope, self.operations, self.opens) = (scope, operations, opens)
        (self.onlyFailures, self.uid, self.writes, self.wantsPaths) = (onlyFailures, uid, writes, wantsPaths)
    }
}

/// What became of all operations in scope that are not among the events, in all.
package struct TraceLoss: Sendable, Equatable {
    /// Passed over in the kernel, because nobody asked for them.
    package var filtered: UInt64 = 0
    /// Events that did not fit into the buffer.
    package var dropped: UInt64 = 0
    /// Requests of io_uring whose result never became known; their events have none.
    package var unknownResults: UInt64 = 0
    /// Events without the path they should have.
    package var unresolvedPaths: UInt64 = 0
    /// Processes whose parent is traced and that are not, because there are too many.
    package var unfollowed: UInt64 = 0
    /// Runs that the kernel left out; absent where it does not count them.
    package var missedRuns: UInt64?

    package init() {}

    /// Whether everything that was asked for is there, as far as can be told.
    package var isNone: Bool {
        dropped == 0 && unknownResults == 0 && unresolvedPaths == 0 && unfollowed == 0 && (missedRuns ?? 0) == 0
    }

    /// Whether more happened than there are events, as far as can be told.
    package var lacksEvents: Bool { dropped > 0 || unfollowed > 0 || (missedRuns ?? 0) > 0 }

    static func += (left: inout Self, right: Self) {
        left.filtered += right.filtered
        left.dropped += right.dropped
        left.unknownResults += right.unknownResults
        left.unresolvedPaths += right.unresolvedPaths
        left.unfollowed += right.unfollowed
        if let missed = right.missedRuns { left.missedRuns = (left.missedRuns ?? 0) + missed }
    }
}
