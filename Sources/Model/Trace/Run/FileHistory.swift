/// What a process did with a file, all its operations together.
package struct FileUse: Hashable, Sendable {
    package struct Acts: OptionSet, Hashable, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        /// Opened so that it could be read.
        package static let read = Self(rawValue: 1 << 0)
        /// Opened so that it could be written.
        package static let openedToWrite = Self(rawValue: 1 << 1)
        /// Bytes were written.
        package static let wrote = Self(rawValue: 1 << 2)
        /// Cut or lengthened, by `truncate` or an open with `O_TRUNC`.
        package static let truncated = Self(rawValue: 1 << 3)
        /// Mapped so that it could be changed.
        package static let mapped = Self(rawValue: 1 << 4)
        package static let made = Self(rawValue: 1 << 5)
        package static let deleted = Self(rawValue: 1 << 6)
        /// Given another name, instead of one it had (`renamed`) or besides (`linked`).
        package static let renamed = Self(rawValue: 1 << 7)
        package static let linked = Self(rawValue: 1 << 8)
        package static let executed = Self(rawValue: 1 << 9)
        /// Opened with `O_PATH`.
        package static let path = Self(rawValue: 1 << 10)
        /// Looked for where it was not.
        package static let missed = Self(rawValue: 1 << 11)
        /// Tried something that failed for another reason.
        package static let refused = Self(rawValue: 1 << 12)
        /// Opened as a directory.
        package static let listed = Self(rawValue: 1 << 13)
    }

    package var acts: Acts = []
    package var firstRead: Moment?
    package var firstOpenedToWrite: Moment?
    package var firstChange: Moment?
    package var lastChange: Moment?
    /// Why operations failed, as positive numbers.
    package var errors: Set<Int32> = []

    package init() {}

    /// Whether it had the contents, to read or to run them.
    package var reads: Bool { !acts.isDisjoint(with: [.read, .executed]) }
}

/// A file during a run, under all the names it had: another file when its inode is used again.
package struct FileHistory: Sendable {
    package enum Origin: Hashable, Sendable {
        /// There before the run, as far as the run shows.
        case before
        /// Came into being in the run.
        case run
        /// Never seen to be there.
        case never
    }

    package internal(set) var id: TraceEvent.FileID?
    package internal(set) var origin: Origin
    /// Those it has; the first is the one it had longest, a rename puts the new name in the old one's place.
    package internal(set) var names: [FileName] = []
    /// Those it had before, oldest first, each once.
    package internal(set) var formerNames: [FileName] = []
    /// The first of all.
    package internal(set) var firstName: FileName?
    /// When it was called otherwise from then on, and what it was called until then.
    private var renamings: [(moment: Moment, from: FileName)] = []
    package internal(set) var isDirectory = false
    package internal(set) var isSymbolicLink = false
    /// When its last name went away.
    package internal(set) var gone: Moment?
    /// What took its last name.
    package internal(set) var successor: Int?
    /// By process: what each did.
    package internal(set) var uses: [Int: FileUse] = [:]
    package internal(set) var firstRead: Moment?
    package internal(set) var firstOpenedToWrite: Moment?
    /// When its contents were changed.
    package internal(set) var firstChange: Moment?
    package internal(set) var lastChange: Moment?
    package internal(set) var made: Moment?
    package internal(set) var firstSeen: Moment

    init(id: TraceEvent.FileID?, name: FileName?, origin: Origin, at moment: Moment) {
        (self.id, self.origin, firstSeen) = (id, origin, moment)
        if let name { add(name) }
        if origin == .run { made = moment }
    }

    /// What it is called at the end, or was called last; nil for one that never had a name.
    package var name: FileName? { names.first ?? formerNames.last }

    /// What it was called when something happened to it; nil for one that never had a name.
    package func name(at moment: Moment?) -> FileName? {
        guard let moment else { return name }
        return renamings.first { $0.moment > moment }?.from ?? name
    }

    package var isGone: Bool { gone != nil }

    /// All that was done with it.
    package var acts: FileUse.Acts { uses.values.reduce(into: []) { $0.formUnion($1.acts) } }

    package var errors: Set<Int32> { uses.values.reduce(into: []) { $0.formUnion($1.errors) } }

    // MARK: What happens to it

    mutating func note(_ acts: FileUse.Acts, by process: Int, at moment: Moment) {
        var use = uses[process] ?? FileUse()
        use.acts.formUnion(acts)
        if !acts.isDisjoint(with: [.read, .executed]) {
            use.firstRead = use.firstRead ?? moment
            firstRead = firstRead ?? moment
        }
        if acts.contains(.openedToWrite) {
            use.firstOpenedToWrite = use.firstOpenedToWrite ?? moment
            firstOpenedToWrite = firstOpenedToWrite ?? moment
        }
        if !acts.isDisjoint(with: [.wrote, .truncated, .mapped]) {
            use.firstChange = use.firstChange ?? moment
            firstChange = firstChange ?? moment
        }
        if !acts.isDisjoint(with: [.wrote, .truncated, .mapped, .made]) {
            use.lastChange = moment
            lastChange = moment
        }
        uses[process] = use
    }

    mutating func note(error: Int32, _ act: FileUse.Acts, by process: Int) {
        uses[process, default: FileUse()].acts.formUnion(act)
        uses[process, default: FileUse()].errors.insert(error)
    }

    mutating func add(_ name: FileName) {
        if !names.contains(name) { names.append(name) }
        firstName = firstName ?? name
        formerNames.removeAll { $0 == name }
        (gone, successor) = (nil, nil)
    }

    /// - Parameter new: what it is called instead.
    mutating func lose(_ name: FileName, for new: FileName? = nil, at moment: Moment) {
        let before = names.first
        defer { if let before, names.first != before { renamings.append((moment, before)) } }
        if let new { names.removeAll { $0 == new } }
        if let place = names.firstIndex(of: name) {
            if let new { names[place] = new } else { names.remove(at: place) }
        } else if let new {
            names.insert(new, at: 0)
        }
        formerNames.removeAll { $0 == name || $0 == new }
        formerNames.append(name)
        gone = names.isEmpty ? moment : nil
        if !names.isEmpty { successor = nil }
    }
}
