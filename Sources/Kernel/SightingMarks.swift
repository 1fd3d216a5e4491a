internal import BPF
internal import KernelABI
internal import Model

/// What the programs remember of what was sighted, and whether they look at all.
struct SightingMarks: ~Copyable, Sendable {
    private let control: MappedWords
    private let marks: MappedWords

    init(_ object: borrowing LoadedObject) throws(BPFError) {
        let control = try MappedWords(object.map(".data.watch"))
        let marks = try MappedWords(object.map("marks_of_sightings"))
        self.control = control
        self.marks = marks
    }

    /// The words of `ot_watch`.
    private static var seed: Int { 0 }
    private static var armed: Int { 1 }

    /// Lets the programs tell what they sight, as if they had never seen anything.
    ///
    /// The seed is not 0, at which nothing that is kept with a task was judged.
    func arm(seed: UInt64) {
        control[Self.seed] = seed
        control[Self.armed] = 1
        // Those of the old seed would fill the sets for ever. One of the new that goes with them is told twice.
        for word in 0..<marks.count where marks[word] != 0 { marks[word] = 0 }
    }

    func disarm() { control[Self.armed] = 0 }

    var isArmed: Bool { control[Self.armed] != 0 }

    /// Leaves a verdict where the programs find it.
    func settle(_ ticket: Sighting.Ticket, _ verdict: Sighting.Verdict) {
        switch verdict {
        case .eachFile: break
        case .directory: settle(ticket.directory)
        case .writer:
            settle(ticket.writer)
            // The programs look for the directory first.
            settle(ticket.directory)
        }
    }

    /// Of a directory that was forgotten meanwhile, or of a writer: the mark is made.
    private func settle(_ mark: UInt64) {
        guard mark & OT_MARK_STATE == 0, mark != 0 else { return }
        let set = places(mark)
        let place =
            set.first { marks[$0] & ~OT_MARK_STATE == mark } ?? set.first { marks[$0] == 0 }
            ?? set.lowerBound + Int(mark >> 40 & UInt64(OT_MARKS_IN_SET - 1))
        marks[place] = mark | UInt64(OT_MARK_SETTLED.rawValue)
    }

    /// Lets the programs tell again what they have told before it failed.
    func forget(_ mark: UInt64) {
        for place in places(mark) where marks[place] & ~OT_MARK_STATE == mark && mark != 0 { marks[place] = 0 }
    }

    /// See `mark_set` in watch.bpf.h.
    private func places(_ mark: UInt64) -> Range<Int> {
        let size = Int(OT_MARKS_IN_SET)
        let set = Int(mark >> 2 & UInt64(marks.count / size - 1))
        return set * size..<(set + 1) * size
    }
}
