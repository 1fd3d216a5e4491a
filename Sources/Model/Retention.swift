/// Which archives of a file stay.
package struct Retention: Sendable, Equatable {
    /// An archive and what it takes on disk.
    package struct Archive: Sendable, Equatable {
        package var name: ArchiveName
        package var bytes: Int

        package init(_ name: ArchiveName, bytes: Int) { (self.name, self.bytes) = (name, bytes) }
    }

    private let files: Int
    private let bytes: Int

    package init(files: Int, bytes: Int) { (self.files, self.bytes) = (files, bytes) }

    /// The archives that have to go, oldest first.
    ///
    /// The newest ones stay, without a hole, as long as both bounds hold. The very newest stays in any case: it may
    /// become much smaller when it is packed.
    ///
    /// - Parameter incoming: bytes of the archive that is about to be made.
    package func surplus(of archives: [Archive], incoming: Int? = nil, at now: Timestamp) -> [ArchiveName] {
        // What a wrong clock put far into the future was there before the clock was set right.
        let byAge = archives.sorted { left, right in
            let (isLeftOdd, isRightOdd) = (left.name.isFromTheFuture(at: now), right.name.isFromTheFuture(at: now))
            return isLeftOdd == isRightOdd ? left.name < right.name : isLeftOdd
        }
        var (count, total) = incoming.map { (1, $0) } ?? (0, 0)
        var kept = 0
        for archive in byAge.reversed() {
            let (sum, overflow) = total.addingReportingOverflow(archive.bytes)
            guard count == 0 || count < files && !overflow && sum <= bytes else { break }
            (count, total, kept) = (count + 1, sum, kept + 1)
        }
        return byAge.dropLast(kept).map(\.name)
    }
}
