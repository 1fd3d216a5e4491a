/// A process during a run, from its start to its end; another one when its number is used again.
package struct ProcessHistory: Sendable {
    /// A program it executed.
    package struct Program: Hashable, Sendable {
        package let path: ByteString?
        package let arguments: [ByteString]?
        /// Whether it was given more than that.
        package let areArgumentsCut: Bool
        package let moment: Moment
    }

    package enum End: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
        case unknown
    }

    package let pid: UInt32
    /// The process that made it, by its number in the run.
    package internal(set) var parent: Int?
    package internal(set) var parentPID: UInt32?
    package internal(set) var comm: ByteString
    package internal(set) var uid: UInt32?
    package internal(set) var unit: ByteString?
    package internal(set) var container: ByteString?
    package internal(set) var programs: [Program] = []
    /// What the process that made it had been given last.
    package internal(set) var inherited: [ByteString]?
    package internal(set) var firstSeen: Moment
    package internal(set) var lastSeen: Moment
    /// When it was made; absent where nothing says so.
    package internal(set) var forked: Moment?
    package internal(set) var ended: Moment?
    package internal(set) var end: End?
    /// The files behind its descriptors, as far as it opened them itself.
    var descriptors: [Int32: Int] = [:]
    /// The last file without a name that it made.
    var unnamed: Int?

    init(_ actor: TraceEvent.Actor, at moment: Moment) {
        (pid, parentPID, comm, uid) = (actor.pid, actor.parent, actor.comm, actor.uid)
        (unit, container) = (actor.unit, actor.container)
        (firstSeen, lastSeen) = (moment, moment)
    }

    init(pid: UInt32, comm: ByteString, at moment: Moment) {
        (self.pid, self.comm) = (pid, comm)
        (firstSeen, lastSeen) = (moment, moment)
    }

    /// How long it lived, in nanoseconds, as far as the run shows it.
    package var nanoseconds: Int64? {
        guard let start = (forked ?? firstSeen).time, let end = (ended ?? lastSeen).time, start <= end else {
            return nil
        }
        return end.nanoseconds - start.nanoseconds
    }

    /// What the last program was given, which is what it did nearly all for.
    package var arguments: [ByteString]? { programs.last.flatMap { $0.arguments ?? $0.path.map { [$0] } } }
}

/// The processes of a run, each with the number of its place in `all`.
struct ProcessTable {
    private(set) var all: [ProcessHistory] = []
    private var current: [UInt32: Int] = [:]

    subscript(_ number: Int) -> ProcessHistory {
        get { all[number] }
        set { all[number] = newValue }
    }

    /// Who an event is about.
    mutating func process(of event: TraceEvent, at moment: Moment) -> Int {
        let actor = event.actor
        if let number = current[actor.pid], !isOver(all[number], before: event) {
            all[number].comm = actor.comm
            all[number].parentPID = all[number].parentPID ?? actor.parent
            all[number].uid = actor.uid ?? all[number].uid
            all[number].unit = actor.unit ?? all[number].unit
            all[number].container = actor.container ?? all[number].container
            all[number].lastSeen = max(all[number].lastSeen, moment)
            return number
        }
        return add(ProcessHistory(actor, at: moment))
    }

    /// What a process asked of io_uring may be over after it; anything else after its end is by another one.
    private func isOver(_ process: ProcessHistory, before event: TraceEvent) -> Bool {
        guard let ended = process.ended, event.operation != .exit, event.kind != .uring else { return false }
        guard let end = ended.time, let time = event.time else { return true }
        return time > end
    }

    mutating func fork(_ pid: UInt32, by parent: Int, at moment: Moment) {
        if let number = current[pid], all[number].forked == nil, all[number].ended == nil,
            all[number].firstSeen.time.map({ first in moment.time.map { first >= $0 } ?? false }) ?? false,
            !isAncestor(number, of: parent)
        {
            // What it did first came before its own making.
            (all[number].parent, all[number].parentPID, all[number].forked) = (parent, all[parent].pid, moment)
            all[number].inherited = all[parent].arguments ?? all[parent].inherited
            return
        }
        var child = ProcessHistory(pid: pid, comm: all[parent].comm, at: moment)
        (child.parent, child.parentPID, child.forked) = (parent, all[parent].pid, moment)
        (child.uid, child.unit, child.container) = (all[parent].uid, all[parent].unit, all[parent].container)
        child.descriptors = all[parent].descriptors
        child.inherited = all[parent].arguments ?? all[parent].inherited
        _ = add(child)
    }

    private mutating func add(_ process: ProcessHistory) -> Int {
        var process = process
        if process.parent == nil, let pid = process.parentPID { process.parent = current[pid] }
        all.append(process)
        current[process.pid] = all.count - 1
        return all.count - 1
    }

    /// Finds the parents that were seen after their children only.
    mutating func finish() {
        for number in all.indices where all[number].parent == nil {
            guard let pid = all[number].parentPID, let parent = current[pid], parent != number else { continue }
            // Nobody is his own ancestor, whatever reused numbers suggest.
            if !isAncestor(number, of: parent) { all[number].parent = parent }
        }
    }

    /// Whether it is the same one or above it.
    private func isAncestor(_ number: Int, of process: Int) -> Bool {
        var above: Int? = process
        while let next = above, next != number { above = all[next].parent }
        return above != nil
    }
}
