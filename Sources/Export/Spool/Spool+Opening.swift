import Model
import Render
import Synchronization
import SystemPackage

extension Spool {
    private typealias FoundBatch = (name: SpoolName, file: FoundFile)

    /// Makes the folders and takes up what is there; answers the highest number of all.
    func takeUp(
        _ folder: FilePath, wall: Timestamp, now: ContinuousClock.Instant
    ) throws(Errno) -> (highest: UInt64, events: [SinkEvent]) {
        try files.makeDirectory(folder)
        var highest = try asides.withLock { (asides) throws(Errno) in
            max(try asides.corrupt.open(), try asides.rejected.open())
        }
        var batches: [FoundBatch] = []
        var events: [SinkEvent] = []
        for file in try files.files(in: folder) where file.kind != .directory {
            if file.name.string.hasPrefix(Self.temporary) {
                // Of a commit that was never finished.
                try? files.remove(folder.appending(file.name))
            } else if file.kind == .regular, let name = SpoolName(file.name.string), name.text == file.name.string {
                batches.append((name, file))
            } else {
                events.append(setAside(found: file, rows: nil, "it is no spooled batch"))
            }
        }
        batches.sort { $0.name.place < $1.name.place }
        highest = max(highest, renumber(&batches, in: folder))
        // Before anything is summed: one file that grew must not cost all that are older.
        events += withoutOvergrown(&batches, in: folder)
        let unfinished = Self.unfinished(batches.map(\.name.place))
        var rows = 0
        for (name, file) in batches {
            guard !unfinished.contains(name.place) else {
                try? files.remove(folder.appending(name.text))
                continue
            }
            let entry = SpoolIndex.Entry(
                name: name, bytes: file.blocks, since: now - Self.age(of: name, at: wall), held: nil)
            index.withLock { $0.found(entry) }
            rows += name.rows
        }
        let count = batches.count - unfinished.count
        if count > 0 { events.append(.found(payloads: count, rows: rows)) }
        let lost = index.withLock { $0.shrinkDisk(to: caps.maxBytes) }
        return (highest, events + drop(lost, "the spool is full"))
    }

    /// Moves files with numbers that somebody else must have given down behind all others, in their order; answers the
    /// highest number then.
    private func renumber(_ batches: inout [FoundBatch], in folder: FilePath) -> UInt64 {
        var highest = batches.last { $0.name.place.number <= SpoolPlace.highest }?.name.place.number ?? 0
        var last: UInt64?
        for position in batches.indices where batches[position].name.place.number > SpoolPlace.highest {
            let (name, file) = batches[position]
            // Halves of one batch stay together.
            if name.place.number != last { highest += 1 }
            last = name.place.number
            let moved = name.moved(to: SpoolPlace(number: highest, branch: name.place.branch), rows: name.rows)
            guard let component = FilePath.Component(moved.text) else { continue }
            do throws(Errno) {
                try files.rename(folder.appending(file.name), to: folder.appending(component))
                batches[position].name = moved
                batches[position].file.name = component
            } catch {
                // It is sent under the name it has, and looked at again by the next start.
                continue
            }
        }
        return highest
    }

    /// Sets aside what no commit can have written: files larger than the spool may be, and, where all together are too
    /// large, those of another length than their header tells. Otherwise a start need not open them.
    private func withoutOvergrown(_ batches: inout [FoundBatch], in folder: FilePath) -> [SinkEvent] {
        var events: [SinkEvent] = []
        batches.removeAll { name, file in
            guard file.size > caps.maxBytes else { return false }
            events.append(setAside(found: file, rows: name.rows, "it is larger than max_bytes"))
            return true
        }
        guard batches.reduce(0, { $0 + $1.file.blocks }) > caps.maxBytes else { return events }
        batches.removeAll { name, file in
            let path = folder.appending(file.name)
            // One that cannot be read now is looked at again when it is sent.
            guard let bytes = try? files.beginning(of: path, upTo: SpoolHeader.mostBytes) else { return false }
            do throws(SpoolFile.Damage) {
                try SpoolFile.checkLength(file.size, header: try SpoolFile.header(of: bytes, name: name))
                return false
            } catch {
                events.append(setAside(found: file, rows: name.rows, error.reason))
                return true
            }
        }
        return events
    }

    /// Counts and moves a file that this start found.
    private func setAside(found file: FoundFile, rows: Int?, _ reason: String) -> SinkEvent {
        index.withLock { $0.foundCorrupt(rows: rows ?? 0) }
        return setAside(file.name, of: file.blocks, rows: rows, reason)
    }

    /// Moves a file out of the way; the rows are absent when nothing tells them.
    func setAside(_ name: FilePath.Component, of size: Int, rows: Int?, _ reason: String) -> SinkEvent {
        if let folder {
            // Where it cannot be moved it stays, and is looked at again by the next start.
            try? asides.withLock { (asides) throws(Errno) in try asides.corrupt.take(name, of: size, from: folder) }
        }
        return .corrupt(file: name.string, rows: rows, reason: reason)
    }

    /// What a halving that was cut short left behind: the first half when there is no second, else the whole.
    ///
    /// The second half is made when the first is durable, and the whole goes, durably, before either half does.
    private static func unfinished(_ places: [SpoolPlace]) -> Set<SpoolPlace> {
        guard places.contains(where: { !$0.branch.isEmpty }) else { return [] }
        let all = Set(places)
        var unfinished: Set<SpoolPlace> = []
        for place in places {
            for ancestor in place.ancestors where ancestor.isOfSecondHalf && all.contains(ancestor.place) {
                unfinished.insert(ancestor.place)
            }
        }
        for place in places {
            let isWithWhole = place.ancestors.contains { all.contains($0.place) && !unfinished.contains($0.place) }
            if isWithWhole { unfinished.insert(place) }
        }
        return unfinished
    }

    /// By the wall clock, since nothing else lasts; a window that ends in the future is new.
    private static func age(of name: SpoolName, at wall: Timestamp) -> Duration {
        let (age, overflow) = wall.nanoseconds.subtractingReportingOverflow(name.end.nanoseconds)
        return .nanoseconds(overflow ? 0 : max(age, 0))
    }
}

extension SpoolPlace {
    /// No agent counts as far: at a batch a millisecond that takes 30 000 years. A start gives lower numbers to files
    /// with higher ones, since no bound could hold for them and for those that come after them.
    static let highest: UInt64 = 1_000_000_000_000_000
}

extension SpoolName {
    /// For a person: which window it is.
    var window: String { "the window \(start.text) to \(end.text)" }
}
