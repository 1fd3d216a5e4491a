import Model

/// What waits in a spool, oldest first, and the account of all that was ever in it.
///
/// Bodies are on disk; here is only what a start can tell from names. Every row is in exactly one place:
/// `created + found = delivered + rejected + dropped + corrupt + waiting`.
struct SpoolIndex: Sendable {
    /// A batch that is only in memory, because it could not be written.
    final class Held: Sendable {
        let parcel: Parcel
        let sequence: UInt64
        init(_ parcel: Parcel, sequence: UInt64) { (self.parcel, self.sequence) = (parcel, sequence) }
    }

    struct Entry: Sendable {
        let name: SpoolName
        /// Blocks on disk, or bytes in memory.
        var bytes: Int
        let since: ContinuousClock.Instant
        /// Absent when it is on disk.
        var held: Held?
    }

    /// Entries before this index are gone: taking from the front must not move all the others.
    private var head = 0
    private var entries: [Entry] = []
    private var isFirstUnderWay = false
    /// Of the batch under way, which its name does not tell.
    private(set) var sequenceUnderWay: UInt64 = 0
    private(set) var ended = false
    /// Of the entries on disk, and of those in memory.
    private(set) var diskBytes = 0
    private(set) var memoryBytes = 0
    private(set) var account = SinkAccount()

    var isEmpty: Bool { head == entries.count }
    var count: Int { entries.count - head }
    /// All that waits.
    var waiting: ArraySlice<Entry> { entries[head...] }
    var underWay: Entry? { isFirstUnderWay ? entries[head] : nil }
    /// Those in memory alone, the one under way included.
    var held: [Entry] {
        account.spooledPayloads == account.waitingPayloads ? [] : waiting.filter { $0.held != nil }
    }
    /// What dropping could make free on disk.
    var droppableBytes: Int { diskBytes - (underWay.map { $0.held == nil ? $0.bytes : 0 } ?? 0) }

    // MARK: In

    mutating func created(_ entry: Entry) {
        account.createdPayloads += 1
        account.createdRows += UInt64(entry.name.rows)
        append(entry)
    }

    mutating func found(_ entry: Entry) {
        account.foundPayloads += 1
        account.foundRows += UInt64(entry.name.rows)
        append(entry)
    }

    /// A file that is no batch, or none that can be read: one batch, of no rows where nobody knows them.
    mutating func foundCorrupt(rows: Int) {
        account.foundPayloads += 1
        account.foundRows += UInt64(rows)
        account.corruptPayloads += 1
        account.corruptRows += UInt64(rows)
    }

    /// One that has no place here: created, and dropped at once.
    mutating func createdInVain(rows: Int) {
        account.createdPayloads += 1
        account.createdRows += UInt64(rows)
        account.droppedPayloads += 1
        account.droppedRows += UInt64(rows)
    }

    /// What was in memory is on disk now; false when it is gone meanwhile.
    mutating func committed(_ place: SpoolPlace, bytes: Int) -> Bool {
        guard let position = entries[head...].firstIndex(where: { $0.name.place == place }) else { return false }
        account(for: entries[position], added: false)
        entries[position].held = nil
        entries[position].bytes = bytes
        account(for: entries[position], added: true)
        return true
    }

    /// Puts what is in memory behind what is on disk, with places above `highest`; answers the highest place then.
    ///
    /// For a folder that could not be read before: its batches are older. The one under way stays the first.
    mutating func moveHeldBehind(_ highest: UInt64) -> UInt64 {
        var highest = highest
        let first = isFirstUnderWay ? 1 : 0
        func renumbered(_ entry: Entry) -> Entry {
            guard entry.held != nil else { return entry }
            highest += 1
            let name = entry.name
            return Entry(
                name: name.moved(to: SpoolPlace(number: highest), rows: name.rows), bytes: entry.bytes,
                since: entry.since, held: entry.held)
        }
        let all = waiting.prefix(first).map(renumbered)
        let rest = waiting.dropFirst(first)
        entries = all + rest.filter { $0.held == nil } + rest.filter { $0.held != nil }.map(renumbered)
        head = 0
        return highest
    }

    // MARK: Out

    /// Takes the oldest for an attempt; one of the following must come next.
    mutating func take() -> Entry? {
        guard !ended, !isFirstUnderWay, !isEmpty else { return nil }
        isFirstUnderWay = true
        sequenceUnderWay = entries[head].held?.sequence ?? 0
        return entries[head]
    }

    /// What its header says of the one under way.
    mutating func tells(sequence: UInt64) { sequenceUnderWay = sequence }

    /// These answer the entry, or nil when the spool has ended: then nothing changes any more.
    mutating func delivered(rejecting rows: Int, reason: String?) -> Entry? {
        guard let entry = settle() else { return nil }
        let rejected = min(max(rows, 0), entry.name.rows)
        account.deliveredPayloads += 1
        account.deliveredRows += UInt64(entry.name.rows - rejected)
        account.rejectedRows += UInt64(rejected)
        account.lastError = reason
        return entry
    }

    mutating func rejected(reason: String) -> Entry? {
        guard let entry = settle() else { return nil }
        account.rejectedPayloads += 1
        account.rejectedRows += UInt64(entry.name.rows)
        account.lastError = reason
        return entry
    }

    mutating func corrupt() -> Entry? {
        guard let entry = settle() else { return nil }
        account.corruptPayloads += 1
        account.corruptRows += UInt64(entry.name.rows)
        return entry
    }

    /// The one under way is not there any more.
    mutating func vanished() -> Entry? {
        guard let entry = settle() else { return nil }
        dropped(entry)
        return entry
    }

    mutating func kept(reason: String) -> Entry? {
        guard !ended, isFirstUnderWay else { return nil }
        isFirstUnderWay = false
        account.lastError = reason
        return entries[head]
    }

    /// Puts two halves where the one under way was; they have its rows together.
    mutating func split(into halves: (first: Entry, second: Entry)) -> Entry? {
        guard let entry = settle() else { return nil }
        account.splitPayloads += 1
        prepend(halves.second)
        prepend(halves.first)
        return entry
    }

    // MARK: Given up

    /// Drops the oldest on disk until no more than `most` bytes are there.
    mutating func shrinkDisk(to most: Int) -> [Entry] {
        drop { $0.diskBytes > most ? { $0.held == nil } : nil }
    }

    /// Drops the oldest in memory until no more than `most` bytes are there.
    mutating func shrinkMemory(to most: Int) -> [Entry] {
        drop { $0.memoryBytes > most ? { $0.held != nil } : nil }
    }

    /// Drops what waits since before `limit`.
    mutating func expire(before limit: ContinuousClock.Instant) -> [Entry] {
        drop { index in
            let first = index.head + (index.isFirstUnderWay ? 1 : 0)
            guard first < index.entries.count, index.entries[first].since < limit else { return nil }
            return { _ in true }
        }
    }

    /// Ends it: what is on disk stays there and waits, what is only in memory is dropped.
    mutating func end() -> [Entry] {
        guard !ended else { return [] }
        isFirstUnderWay = false
        let lost = drop { $0.held.isEmpty ? nil : { $0.held != nil } }
        ended = true
        return lost
    }

    // MARK: Inside

    /// `choice` answers which of the entries may go next, or nil when enough are gone.
    private mutating func drop(_ choice: (Self) -> ((Entry) -> Bool)?) -> [Entry] {
        var gone: [Entry] = []
        while let isWanted = choice(self) {
            let first = head + (isFirstUnderWay ? 1 : 0)
            guard let position = entries[first...].firstIndex(where: isWanted) else { break }
            let entry = remove(at: position)
            dropped(entry)
            gone.append(entry)
        }
        return gone
    }

    private mutating func dropped(_ entry: Entry) {
        account.droppedPayloads += 1
        account.droppedRows += UInt64(entry.name.rows)
    }

    private mutating func settle() -> Entry? {
        guard !ended, isFirstUnderWay else { return nil }
        isFirstUnderWay = false
        return remove(at: head)
    }

    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        account(for: entry, added: true)
    }

    private mutating func prepend(_ entry: Entry) {
        if head > 0 {
            head -= 1
            entries[head] = entry
        } else {
            entries.insert(entry, at: 0)
        }
        account(for: entry, added: true)
    }

    private mutating func remove(at position: Int) -> Entry {
        let entry = entries[position]
        account(for: entry, added: false)
        switch position - head {
        case 0, 1:
            // At most the one under way is before it.
            entries[position] = entries[head]
            entries[head].held = nil
            head += 1
        default: entries.remove(at: position)
        }
        if head > 64, head > entries.count / 2 {
            entries.removeFirst(head)
            head = 0
        }
        return entry
    }

    private mutating func account(for entry: Entry, added: Bool) {
        let rows = UInt64(entry.name.rows)
        let isOnDisk = entry.held == nil
        if added {
            account.waitingPayloads += 1
            account.waitingRows += rows
            if isOnDisk { account.spooledPayloads += 1 }
            if isOnDisk { account.spooledRows += rows }
        } else {
            account.waitingPayloads -= 1
            account.waitingRows -= rows
            if isOnDisk { account.spooledPayloads -= 1 }
            if isOnDisk { account.spooledRows -= rows }
        }
        let change = added ? entry.bytes : -entry.bytes
        if isOnDisk { diskBytes += change } else { memoryBytes += change }
        account.spooledBytes = UInt64(diskBytes)
    }
}
