internal import CCrypto
internal import Glibc
package import Model

/// Looks at files as they are now, without waiting for anything and without a trace of having looked.
package struct Fingerprinting: Sendable {
    package enum Scope: String, CaseIterable, Sendable {
        case none, outputs, all
    }

    /// Files larger than this many bytes are not read.
    package var mostBytes: UInt64

    package init(mostBytes: UInt64 = 1 << 30) { self.mostBytes = mostBytes }

    /// Nil where there is no plain file of this name.
    ///
    /// The file is looked at before it is opened, because to open a pipe or a device does something to it.
    package func look(at path: ByteString, hashing: Bool = true) -> FileFingerprint? {
        guard path.bytes.first == UInt8(ascii: "/"), !path.bytes.contains(0) else { return nil }
        let name = path.bytes.map { CChar(bitPattern: $0) } + [0]
        let place = open(name, OpenBits.path | O_NOFOLLOW | O_CLOEXEC)
        guard place >= 0 else { return nil }
        defer { close(place) }
        var status = stat()
        guard fstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        guard hashing else { return fingerprint(status, .notAsked) }
        guard UInt64(status.st_size) <= mostBytes else { return fingerprint(status, .tooLarge) }
        // With O_NOATIME a look does not count as one; only the owner and root may ask for it.
        let link = "/proc/self/fd/\(place)"
        var file = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | OpenBits.noAccessTime)
        if file < 0 { file = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
        guard file >= 0 else { return fingerprint(status, .unreadable(errno)) }
        defer { close(file) }
        let digest = sha256(of: file, upTo: UInt64(status.st_size))
        var after = stat()
        guard fstat(file, &after) == 0 else { return fingerprint(status, .unreadable(errno)) }
        let (first, last) = (fingerprint(status, digest), fingerprint(after, digest))
        return first.size == last.size && first.modified == last.modified ? last : fingerprint(after, .unstable)
    }

    private func fingerprint(_ status: stat, _ digest: FileFingerprint.Digest) -> FileFingerprint {
        let device = UInt64(status.st_dev)
        // As in bits/sysmacros.h, where a macro does it.
        let major = UInt32(truncatingIfNeeded: device >> 8 & 0xFFF | device >> 32 & 0xFFFF_F000)
        let minor = UInt32(truncatingIfNeeded: device & 0xFF | device >> 12 & 0xFFFF_FF00)
        return FileFingerprint(
            id: TraceEvent.FileID(device: major << 20 | minor & 0xF_FFFF, inode: UInt64(status.st_ino)),
            size: UInt64(max(0, status.st_size)), modified: Timestamp(status.st_mtim),
            changed: Timestamp(status.st_ctim),
            digest: digest)
    }

    /// - Parameter size: a file that grows meanwhile has no end.
    private func sha256(of file: CInt, upTo size: UInt64) -> FileFingerprint.Digest {
        guard let context = EVP_MD_CTX_new() else { return .unreadable(ENOMEM) }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { return .unreadable(ENOSYS) }
        return withUnsafeTemporaryAllocation(byteCount: 1 << 17, alignment: 16) { buffer in
            var total: UInt64 = 0
            while total <= size {
                let count = read(file, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count < 0 { return .unreadable(errno) }
                if count == 0 { break }
                total += UInt64(count)
                guard EVP_DigestUpdate(context, buffer.baseAddress, count) == 1 else { return .unreadable(EIO) }
            }
            var (digest, length) = ([UInt8](repeating: 0, count: 64), 0 as CUnsignedInt)
            guard EVP_DigestFinal_ex(context, &digest, &length) == 1 else { return .unreadable(EIO) }
            return .sha256(
                digest.prefix(Int(length)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        }
    }
}

/// What Glibc shows to nobody who does not ask for GNU's own.
private enum OpenBits {
    static var path: CInt { CInt(OpenFlag.path.bits(on: .native)) }
    static var noAccessTime: CInt { CInt(OpenFlag.noAccessTime.bits(on: .native)) }
}

extension Timestamp {
    fileprivate init(_ time: timespec) {
        let (seconds, overflows) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        self.init(nanoseconds: overflows ? (time.tv_sec < 0 ? .min : .max) : seconds + Int64(time.tv_nsec))
    }
}

extension Fingerprinting {
    /// What the files of a run that is over are like now.
    ///
    /// - Parameter known: what they were like when the run first met them, by number.
    package func evidence(
        of summary: RunSummary, in history: RunHistory, _ scope: Scope, known: [Int: FileFingerprint] = [:]
    ) -> [Int: FileEvidence] {
        var evidence: [Int: FileEvidence] = [:]
        guard scope != .none else { return [:] }
        for entry in summary.entries where entry.isOutput || (scope == .all && entry.isInput) {
            guard let name = entry.name, name.space == .host, !history.files[entry.file].isGone else {
                if let before = known[entry.file] { evidence[entry.file] = FileEvidence(before: before) }
                continue
            }
            let before = known[entry.file]
            var now = look(at: name.path, hashing: entry.isOutput || before == nil)
            var hasChanged = now == nil
            if let end = history.end, let now, now.changed > end { hasChanged = true }
            if let before, let now, !entry.isOutput, !before.isSame(as: now) { hasChanged = true }
            // What is the same by all the file system says needs no second hash.
            if let before, !entry.isOutput, now.map({ before.isSame(as: $0) }) ?? true { now = nil }
            if !entry.isOutput, before == nil {
                evidence[entry.file] = FileEvidence(before: now, hasChangedSince: hasChanged)
            } else {
                let after = entry.isOutput || !hasChanged ? now : nil
                evidence[entry.file] = FileEvidence(before: before, after: after, hasChangedSince: hasChanged)
            }
        }
        return evidence
    }
}
