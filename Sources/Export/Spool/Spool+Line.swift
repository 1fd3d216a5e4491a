import Model
import Synchronization
import SystemPackage

extension Spool: ParcelLine {
    var account: SinkAccount { index.withLock { $0.account } }
    var isEmpty: Bool { index.withLock { $0.isEmpty } }

    func expire(at now: ContinuousClock.Instant) -> [SinkEvent] {
        leaving.withLock { _ in
            drop(index.withLock { $0.expire(before: now - caps.maxAge) }, "it waited for too long")
        }
    }

    /// Reads the oldest that can be read.
    func take() -> Taken {
        var taken = Taken()
        while let entry = index.withLock({ $0.take() }) {
            if let held = entry.held {
                taken.parcel = held.parcel
                return taken
            }
            do throws(Errno) {
                guard let folder else { return taken }
                // One byte more than any batch has tells that it has grown.
                let bytes = try files.beginning(of: folder.appending(entry.name.text), upTo: caps.maxBytes + 1)
                do throws(SpoolFile.Damage) {
                    let (header, body) = try SpoolFile.read(bytes, name: entry.name)
                    index.withLock { $0.tells(sequence: header.sequence) }
                    taken.parcel = Parcel(
                        id: header.id, contentType: header.contentType, contentEncoding: header.encoding,
                        body: Array(body), rows: entry.name.rows, since: entry.since)
                    return taken
                } catch {
                    taken.events += corrupt(error.reason)
                }
            } catch .noSuchFileOrDirectory {
                guard let entry = index.withLock({ $0.vanished() }) else { return taken }
                taken.events += drop([entry], "its file was removed")
            } catch  where Self.isDamage(error) {
                taken.events += corrupt("it cannot be read: \(error)")
            } catch {
                let reason = "cannot read the spool: \(error)"
                _ = index.withLock { $0.kept(reason: reason) }
                taken.trouble = reason
                return taken
            }
        }
        return taken
    }

    func delivered(_ parcel: Parcel, rejecting rows: Int, reason: String?) -> [SinkEvent]? {
        leaving.withLock { _ in
            guard let entry = index.withLock({ $0.delivered(rejecting: rows, reason: reason) }) else { return nil }
            remove(entry)
            return [.delivered(parcel, rejecting: rows, reason: reason)]
        }
    }

    func rejected(_ parcel: Parcel, reason: String) -> [SinkEvent]? {
        leaving.withLock { _ in moveToRejected(parcel, reason) }
    }

    private func moveToRejected(_ parcel: Parcel, _ reason: String) -> [SinkEvent]? {
        guard let entry = index.withLock({ $0.rejected(reason: reason) }) else { return nil }
        if let folder, entry.held == nil, let name = FilePath.Component(entry.name.text) {
            do throws(Errno) {
                try asides.withLock { (asides) throws(Errno) in
                    try asides.rejected.take(name, of: entry.bytes, from: folder)
                }
            } catch {
                // It must not be sent again.
                remove(entry)
            }
        }
        return [.rejected(id: parcel.id, rows: parcel.rows, reason: reason)]
    }

    func kept(reason: String) -> [SinkEvent]? {
        leaving.withLock { _ in
            guard index.withLock({ $0.kept(reason: reason) }) != nil else { return nil }
            return shrink()
        }
    }

    func split(_ parcel: Parcel, into halves: [Parcel], reason: String) throws(SinkProblem) -> [SinkEvent]? {
        guard let events = try splitUnderWay(into: halves) else { return nil }
        return [.split(id: parcel.id, reason: reason)] + events
    }

    private func corrupt(_ reason: String) -> [SinkEvent] {
        leaving.withLock { _ in
            guard let entry = index.withLock({ $0.corrupt() }), let name = FilePath.Component(entry.name.text) else {
                return []
            }
            return [setAside(name, of: entry.bytes, rows: entry.name.rows, reason)]
        }
    }

    /// Whether trying again cannot help: the disk lost it, or it is no file any more.
    private static func isDamage(_ error: Errno) -> Bool {
        [.ioError, .tooManySymbolicLinkLevels, .invalidArgument, .isDirectory].contains(error)
    }
}
