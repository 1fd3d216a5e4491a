import Model
import Render
import Synchronization
import SystemPackage

extension Spool {
    /// Makes the folders and takes up what is there; answers the highest number of all.
    func takeUp(
        _ folder: FilePath, wall: Timestamp, now: ContinuousClock.Instant
    ) throws(Errno) -> (highest: UInt64, events: [SinkEvent]) {
        try files.makeDirectory(folder)
        var highest = try asides.withLock { (asides) throws(Errno) in
            max(try asides.corrupt.open(), try asides.rejected.open())
        }
        var names: [(name: SpoolName, size: Int)] = []
        var events: [SinkEvent] = []
        for file in try files.files(in: folder) where file.kind != .directory {
            if file.name.string.hasPrefix(Self.temporary) {
                // Of a commit that was never finished.
                try? files.remove(folder.appending(file.name))
            } else if file.kind == .regular, let name = SpoolName(file.name.string), name.text == file.name.string {
                names.append((name, file.size))
            } else {
                index.withLock { $0.foundForeign() }
                events.append(setAside(file.name, of: file.size, rows: nil, "it is no spooled batch"))
            }
        }
        names.sort { $0.name.place < $1.name.place }
        let unfinished = Self.unfinished(names.map(\.name.place))
        var rows = 0
        for (name, size) in names {
            highest = max(highest, name.place.number)
            guard !unfinished.contains(name.place) else {
                try? files.remove(folder.appending(name.text))
                continue
            }
            let entry = SpoolIndex.Entry(
                name: name, bytes: SpoolCaps.blocks(size), since: now - Self.age(of: name, at: wall), held: nil)
            index.withLock { $0.found(entry) }
            rows += name.rows
        }
        let count = names.count - unfinished.count
        if count > 0 { events.append(.found(payloads: count, rows: rows)) }
        let lost = index.withLock { $0.shrinkDisk(to: caps.maxBytes) }
        return (highest, events + drop(lost, "the spool is full"))
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

extension SpoolName {
    /// For a person: which window it is.
    var window: String { "the window \(start.text) to \(end.text)" }
}
