/// What a file was like at a moment, told by its contents and by what the file system says of it.
package struct FileFingerprint: Sendable, Equatable {
    package enum Digest: Sendable, Equatable {
        /// 64 hexadecimal digits.
        case sha256(String)
        /// Larger than what was to be read.
        case tooLarge
        /// It changed while it was read.
        case unstable
        /// Nobody asked for it.
        case notAsked
        /// Could not be read, for this errno.
        case unreadable(Int32)
    }

    package var id: TraceEvent.FileID
    package var size: UInt64
    package var modified: Timestamp
    /// When anything about it changed, its contents or its names.
    package var changed: Timestamp
    package var digest: Digest

    package init(
        id: TraceEvent.FileID, size: UInt64, modified: Timestamp, changed: Timestamp, digest: Digest
    ) {
        (self.id, self.size, self.modified) = (id, size, modified)
        (self.changed, self.digest) = (changed, digest)
    }

    package var sha256: String? { if case .sha256(let digits) = digest { digits } else { nil } }

    /// Whether it is still the same file with the same contents, by all that the file system says.
    package func isSame(as other: Self) -> Bool {
        (id, size, modified, changed) == (other.id, other.size, other.modified, other.changed)
    }
}

/// What is known of a file's contents at the beginning and at the end of a run.
package struct FileEvidence: Sendable, Equatable {
    /// As the run found it, as early as could be.
    package var before: FileFingerprint?
    /// As the run left it.
    package var after: FileFingerprint?
    /// Whether it is another one, or has other contents, than the run shows: somebody else wrote it, or wrote it since.
    package var hasChangedSince: Bool

    package init(before: FileFingerprint? = nil, after: FileFingerprint? = nil, hasChangedSince: Bool = false) {
        (self.before, self.after, self.hasChangedSince) = (before, after, hasChangedSince)
    }
}
