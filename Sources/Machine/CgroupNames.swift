package import Model

/// Which cgroup has which path: kept up to date by the kernel's reports, also for a while after a cgroup is gone.
///
/// A pure value: whatever must be asked of the file system comes in as an argument.
package struct CgroupNames: Sendable {
    private struct Entry {
        /// systemd writes the invocation right after it made the cgroup, and other cgroups that look like units have none.
        /// Once in a window, however many outputs look at it.
        private static var mostInvocationsAsked: Int { 3 }

        var name: CgroupName
        /// How often it was asked for its invocation, in vain, and after which drain it was last.
        var invocationsAsked = 0
        var invocationAskedAfter: Int?
        /// The drain after which it was known to be gone; absent while it lives.
        var goneSince: Int?

        init(name: CgroupName) { self.name = name }

        func mayAskInvocation(after drain: Int) -> Bool {
            invocationsAsked < Self.mostInvocationsAsked && invocationAskedAfter != drain && name.invocationID == nil
                && goneSince == nil && name.mayHaveInvocation
        }

        mutating func noteInvocationAsked(after drain: Int) {
            invocationsAsked += 1
            invocationAskedAfter = drain
        }
    }

    private var entries: [CgroupID: Entry] = [:]
    /// Those that are gone: at most times few of very many.
    private var gone: Set<CgroupID> = []
    private var drains = 0
    private var asked = ResolverAccount()
    /// What the kernel's paths have before the part that the mount shows; nil until it is learned.
    private var prefix: [UInt8]?
    /// Whether somebody takes the questions.
    private let asksAboutContainers: Bool
    private var questions: [(id: CgroupID, question: ContainerQuestion, path: ByteString)] = []

    /// Drains a removed cgroup is kept for: one that surely comes after its last event, and one of grace.
    private static var grace: Int { 2 }

    /// How many entries a table must have room for that is worth making smaller.
    private static var leastShrunk: Int { 4096 }

    /// - Parameter asksAboutContainers: whether `takeQuestions` is called now and then.
    package init(startsAtRealRoot: Bool, asksAboutContainers: Bool = false) {
        prefix = startsAtRealRoot ? [] : nil
        self.asksAboutContainers = asksAboutContainers
    }

    package var count: Int { entries.count }

    /// How often the file system was asked, and how many names there are.
    package var account: ResolverAccount {
        var account = asked
        account.known = UInt64(entries.count)
        return account
    }

    /// Takes over what the walk at start found.
    package mutating func found(_ id: CgroupID, path: ByteString) { set(id, path: path) }

    /// Takes over what the programs reported; `current` asks the file system for the path of a living cgroup.
    package mutating func apply(_ fact: Fact, current: (CgroupID) -> ByteString?) {
        switch fact {
        case .cgroupMade(let id, let path):
            if let path = seen(path, id, current) { set(id, path: path) }
        case .cgroupRenamed(let id, let path):
            let before = entries[id]?.name.path
            guard let after = seen(path, id, current) else { return }
            set(id, path: after)
            if let before { moveDescendants(of: before, to: after) }
        case .cgroupRemoved(let id, let path):
            if entries[id] == nil, let path = seen(path, id, current) { set(id, path: path) }
            markGone(id)
        case .writerSeen, .sighted:
            break
        }
    }

    /// The name of a cgroup, without a question where it is known.
    ///
    /// - Parameters:
    ///   - look: asks the file system about an unknown one; when it says nothing, it is asked again the next time.
    ///   - invocation: asks which run of the unit it is, if nobody has told yet.
    package mutating func name(
        of id: CgroupID, look: (CgroupID) -> CgroupName?, invocation: (CgroupID, CgroupName) -> String?
    ) -> CgroupName? {
        guard let position = entries.index(forKey: id) else {
            asked.lookups += 1
            guard let found = look(id) else {
                asked.failures += 1
                return nil
            }
            var entry = Entry(name: found)
            entry.noteInvocationAsked(after: drains)
            enter(id, entry)
            return found
        }
        if entries.values[position].mayAskInvocation(after: drains) {
            entries.values[position].name.invocationID = invocation(id, entries.values[position].name)
            entries.values[position].noteInvocationAsked(after: drains)
        }
        return entries.values[position].name
    }

    /// What there is to learn about cgroups that are new since the last call; `maker` asks who made the one at a path.
    package mutating func takeQuestions(madeBy maker: (ByteString) -> CgroupMaker) -> [(CgroupID, ContainerQuestion)] {
        exchange(&questions, with: []).compactMap { id, question, path in
            question.asked(at: path, madeBy: maker).map { (id, $0) }
        }
    }

    /// Takes over what a runtime said about the container of a cgroup.
    package mutating func learn(_ id: CgroupID, _ details: ContainerDetails) {
        guard let path = entries[id]?.name.path else { return }
        entries[id]?.name.identity.learn(details, path: path)
    }

    /// Marks as gone what the file system does not know any more: after reports were lost.
    ///
    /// A cgroup that lives and whose path cannot be had, because it is too long, keeps the name it has.
    package mutating func compare(current: (CgroupID) -> ByteString?, exists: (CgroupID) -> Bool) {
        for (id, entry) in entries where entry.goneSince == nil {
            if let path = current(id) { set(id, path: path) } else if !exists(id) { markGone(id) }
        }
    }

    /// Says that the counters were drained; returns the cgroups that are now forgotten.
    package mutating func drained() -> Set<CgroupID> {
        drains += 1
        var forgotten: Set<CgroupID> = []
        for id in gone {
            guard let since = entries[id]?.goneSince else {
                gone.remove(id)  // it has come back
                continue
            }
            if drains - since > Self.grace { forgotten.insert(id) }
        }
        gone.subtract(forgotten)
        for id in forgotten { entries[id] = nil }
        // A table does not shrink by itself, and tens of thousands of cgroups may have come and gone.
        if entries.capacity > Self.leastShrunk, entries.count < entries.capacity / 4 {
            entries = Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) })
            gone = Set(Array(gone))
        }
        return forgotten
    }

    /// Every living cgroup, by path.
    package var living: [(id: CgroupID, name: CgroupName)] {
        entries.filter { $0.value.goneSince == nil }.map { ($0.key, $0.value.name) }
            .sorted { $0.name.path < $1.name.path }
    }

    private mutating func markGone(_ id: CgroupID) {
        entries[id]?.goneSince = drains
        gone.insert(id)
    }

    private mutating func set(_ id: CgroupID, path: ByteString) {
        if entries[id]?.name.path == path { return }
        enter(id, Entry(name: CgroupName(path: path, identity: UnitIdentity(cgroupPath: path))))
    }

    private mutating func enter(_ id: CgroupID, _ entry: Entry) {
        entries[id] = entry
        if asksAboutContainers, let question = ContainerQuestion(entry.name.identity, path: entry.name.path) {
            questions.append((id, question, entry.name.path))
        }
    }

    /// What was reported, or else what the file system says: better no name than the beginning of one.
    private mutating func seen(
        _ path: ByteString?, _ id: CgroupID, _ current: (CgroupID) -> ByteString?
    ) -> ByteString? {
        if let path { visible(path, id, current) } else { current(id) }
    }

    /// The kernel's path as the mount shows it. Which prefix a cgroup namespace hides is learned from a living cgroup.
    private mutating func visible(
        _ path: ByteString, _ id: CgroupID, _ current: (CgroupID) -> ByteString?
    ) -> ByteString {
        if prefix == nil, let seen = current(id), path.bytes.count >= seen.bytes.count,
            path.bytes.suffix(seen.bytes.count).elementsEqual(seen.bytes)
        {
            prefix = Array(path.bytes.dropLast(seen.bytes.count))
        }
        guard let prefix, path.bytes.starts(with: prefix) else { return path }
        let rest = path.bytes.dropFirst(prefix.count)
        if rest.isEmpty { return "/" }
        return rest.first == UInt8(ascii: "/") ? ByteString(rest) : path
    }

    private mutating func moveDescendants(of before: ByteString, to after: ByteString) {
        let start = before.bytes + [UInt8(ascii: "/")]
        for (id, entry) in entries where entry.name.path.bytes.starts(with: start) {
            let path = after.bytes + entry.name.path.bytes.dropFirst(before.bytes.count)
            let gone = entry.goneSince
            set(id, path: ByteString(path))
            entries[id]?.goneSince = gone
        }
    }
}
