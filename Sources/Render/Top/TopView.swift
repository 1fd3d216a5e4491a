/// What `otagent top` shows of the units, and how: changed by keys, drawn by `TopScreen`.
package struct TopView: Sendable, Equatable {
    /// A unit, or one of its writers, with figures of the last window.
    package struct Row: Sendable, Equatable {
        package var name: String
        /// Slice, container, or the unit of a writer.
        package var place: String
        package var written: Double
        package var writes: Double
        package var opens: Double?
        package var creates: UInt64
        package var failures: UInt64?
        package var ringWrites: UInt64?
        package var windowWrites: UInt64

        package init(
            name: String, place: String, written: Double, writes: Double, opens: Double? = nil, creates: UInt64 = 0,
            failures: UInt64? = nil, ringWrites: UInt64? = nil, windowWrites: UInt64 = 0
        ) {
            (self.name, self.place, self.written, self.writes, self.opens) = (name, place, written, writes, opens)
            (self.creates, self.failures, self.ringWrites) = (creates, failures, ringWrites)
            self.windowWrites = windowWrites
        }

        /// Whether it did nothing that is shown.
        var isIdle: Bool {
            written == 0 && writes == 0 && (opens ?? 0) == 0 && creates == 0 && (failures ?? 0) == 0
        }
    }

    package enum Sorting: CaseIterable, Sendable {
        case written, writes, opens, creates, failures, ioUring, name

        package var key: Character {
            switch self {
            case .written: "b"
            case .writes: "w"
            case .opens: "o"
            case .creates: "c"
            case .failures: "f"
            case .ioUring: "u"
            case .name: "n"
            }
        }
    }

    /// What the lines are of.
    package enum Subject: Sendable {
        case units, writers, alerts, directories
    }

    package enum Key: Sendable, Equatable {
        case character(Character)
        case enter, escape, backspace, up, down, pageUp, pageDown, home
    }

    package var units: [Row] = []
    package var writers: [Row] = []
    /// Unexpected writers, the newest first.
    package var alerts: [TopAlert] = []
    /// Those that are in later windows, as there were too many.
    package var waitingAlerts = 0
    /// Of what stands at the top: host and window, or why nothing comes.
    package var title = ""

    package private(set) var sorting = Sorting.written
    package private(set) var subject = Subject.units
    package private(set) var showsIdle = false
    package private(set) var showsHelp = false
    package private(set) var isPaused = false
    package private(set) var filter = ""
    package private(set) var isTyping = false
    /// Rows above the first that is shown.
    package private(set) var scrolled = 0

    package init() {}

    /// Follows a key; true when it asks to end.
    package mutating func press(_ key: Key, page: Int) -> Bool {
        if isTyping {
            type(key)
            return false
        }
        switch key {
        case .character("q"): return true
        case .character("h"), .character("?"): showsHelp.toggle()
        case .character("t"), .enter: show(subject == .units ? .writers : .units)
        case .character("a"): show(subject == .alerts ? .units : .alerts)
        case .character("d"): show(subject == .directories ? .units : .directories)
        case .character("i"): showsIdle.toggle()
        case .character("p"): isPaused.toggle()
        case .character("/"): (isTyping, filter, scrolled) = (true, "", 0)
        case .character(let character):
            if let sorting = Sorting.allCases.first(where: { $0.key == character }) {
                (self.sorting, scrolled) = (sorting, 0)
            }
        case .up: scrolled -= 1
        case .down: scrolled += 1
        case .pageUp: scrolled -= page
        case .pageDown: scrolled += page
        case .home: scrolled = 0
        case .escape: (showsHelp, filter) = (false, "")
        case .backspace: break
        }
        scrolled = min(max(scrolled, 0), max(count - 1, 0))
        return false
    }

    /// Has other lines shown, from the first of them on.
    package mutating func show(_ subject: Subject) { (self.subject, scrolled) = (subject, 0) }

    private mutating func type(_ key: Key) {
        switch key {
        case .enter: isTyping = false
        case .escape: (isTyping, filter) = (false, "")
        case .backspace: filter = String(filter.dropLast())
        case .character(let character): filter.append(character)
        default: break
        }
    }

    /// As many lines as are wanted.
    var count: Int {
        switch subject {
        case .units, .writers: rows.count
        case .alerts: wantedAlerts.count
        case .directories: directories.count
        }
    }

    /// Those that are wanted, in their order.
    package var rows: [Row] {
        let wanted = (subject == .writers ? writers : units).filter { row in
            (showsIdle || !row.isIdle) && matches("\(row.name)\n\(row.place)")
        }
        return wanted.sorted { left, right in
            let (first, second) = (figure(left), figure(right))
            return first == second ? left.name < right.name : first > second
        }
    }

    /// The newest first.
    var wantedAlerts: [TopAlert] {
        alerts.filter { matches("\($0.path ?? "")\n\($0.program)\n\($0.place)\n\($0.operation)") }
    }

    var directories: [TopDirectory] {
        TopDirectory.all(of: alerts).filter { matches("\($0.name)\n\($0.places.joined(separator: "\n"))") }
    }

    private func matches(_ text: String) -> Bool {
        let text = text.lowercased()
        return filter.lowercased().split(separator: " ").allSatisfy { text.contains($0) }
    }

    private func figure(_ row: Row) -> Double {
        switch sorting {
        case .written: row.written
        case .writes: row.writes
        case .opens: row.opens ?? 0
        case .creates: Double(row.creates)
        case .failures: Double(row.failures ?? 0)
        case .ioUring: Double(row.ringWrites ?? 0)
        case .name: 0
        }
    }
}
