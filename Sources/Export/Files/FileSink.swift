import Glibc
package import Model
import Render
import Synchronization

/// Appends batches to a file, whole lines at a time, and sets the file aside when it is full.
///
/// What cannot be written waits in memory for the next batch, within a bound. The sink has two threads, one that writes
/// and one that packs archives, and must be finished.
package final class FileSink: Sink {
    /// What a file system allows for one name.
    private static let longestName = 255

    package let name: String
    package var kind: OutputKind { .file }
    private let shaper: Mutex<BatchShaper>
    private let desk: FileDesk
    private let packer: ArchivePacker
    private let courier: Courier

    /// Opens the file at once, so that a wrong path is known at the start, and mends its end.
    package init(
        name: String, options: FileOptions, events: @escaping @Sendable (SinkEvent) -> Void
    ) throws(SinkProblem) {
        self.name = name
        shaper = Mutex(BatchShaper(format: options.format, maxBytes: options.maxBatchBytes))
        try Self.checkName(options.path)
        let desk = FileDesk()
        self.desk = desk
        let folder = ArchiveFolder(
            path: options.path, retention: Retention(files: options.keepFiles, bytes: options.keepBytes))
        let packer = ArchivePacker(folder: folder, compression: options.compress, events: events)
        self.packer = packer
        let destination = try FileDestination(
            options: options, folder: folder, desk: desk, events: events, whenRotated: packer.look)
        // Not before the file is open: a path that leads nowhere has nothing to pack.
        try packer.start()
        do throws(SinkProblem) {
            courier = try Courier(
                line: WaitingLine(maxBytes: options.maxWaitingBytes, maxAge: nil), destination: destination,
                events: events)
        } catch {
            packer.abandon()
            throw error
        }
    }

    /// Throws what a look at the path shows to keep a sink from being made; opens nothing.
    package static func look(_ options: FileOptions) throws(SinkProblem) {
        try checkName(options.path)
        try AppendFile.checkKind(of: options.path)
    }

    /// Throws what would keep a sink from being made; leaves nothing behind and changes nothing that is there.
    ///
    /// Another agent may be writing to the file at this moment.
    package static func probe(_ options: FileOptions) throws(SinkProblem) {
        try checkName(options.path)
        let existed = access(options.path, F_OK) == 0
        let file = try AppendFile(path: options.path)
        _ = consume file
        if !existed { unlink(options.path) }
    }

    @discardableResult package func accept(_ batch: Batch) async -> Bool {
        shaper.withLock { $0.render(batch) { accept([$0]) } }
        return true
    }

    /// Takes over what is rendered already.
    package func accept(_ payloads: [Payload]) {
        let now = ContinuousClock.now
        courier.submit(payloads.map { Parcel(lines: $0, since: now) })
    }

    /// Opens the path anew, at once, and tries again what waits.
    package func reopen() {
        desk.askToReopen()
        courier.retry()
    }

    /// What a sink had not written when it left.
    package struct Remainder: Sendable {
        let parcels: [Parcel]
        package var rows: Int { parcels.reduce(0) { $0 + $1.rows } }
    }

    /// Like `finish`, but what could not be written is handed to the sink that comes after.
    package func leave(by deadline: ContinuousClock.Instant) async -> Remainder {
        let rest = await courier.leave(by: deadline)
        await packer.finish(by: deadline)
        return Remainder(parcels: rest)
    }

    /// Takes over what a sink before this one had not written; to be called before any batch comes.
    package func take(_ remainder: Remainder) { courier.submit(remainder.parcels) }

    /// Writes what waits, then packs what there is to pack, both until `deadline`.
    package func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount {
        _ = await courier.finish(by: deadline)
        await packer.finish(by: deadline)
        return account
    }

    /// How it stands now.
    package var account: SinkAccount {
        var account = courier.account
        let tally = desk.tally
        (account.rotations, account.tornLines) = (tally.rotations, tally.tornLines)
        return account
    }

    /// Archives have longer names than their file, and a rotation is too late to find that they do not fit.
    private static func checkName(_ path: String) throws(SinkProblem) {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last?.count ?? 0
        let most = longestName - ArchivePattern.longestAddition
        guard name <= most else {
            throw .wrongKind(
                path: path, what: "its name is too long by \(name - most) bytes for archives to be named after it")
        }
    }
}
