/// How much may wait for delivery, where, and for how long.
package struct SpoolCaps: Sendable, Equatable {
    /// On disk, in whole blocks.
    package var maxBytes: Int
    package var maxAge: Duration
    /// Of bodies that could not be written to disk.
    package var memoryBytes: Int

    package init(maxBytes: Int, maxAge: Duration, memoryBytes: Int) {
        (self.maxBytes, self.maxAge, self.memoryBytes) = (maxBytes, maxAge, memoryBytes)
    }

    /// What may lie in `rejected`, and as much again in `corrupt`.
    package var asideBytes: Int { max(maxBytes / 4, 64 << 10) }

    private static let block = 4096

    /// What a file of so many bytes takes on a disk: small ones take a block, and so no spool holds more of them than
    /// an index can.
    package static func blocks(_ bytes: Int) -> Int { (max(bytes, 1) + block - 1) / block * block }

    /// What is left to others of a file system of so many bytes: a twentieth, and 64 MiB at most.
    package static func reserve(total: Int) -> Int { min(total / 20, 64 << 20) }

    /// How many bytes the oldest must make free before `need` more can be written; nil when all that wait would not be
    /// enough, so that none is dropped in vain.
    package static func deficit(need: Int, free: Int, total: Int, waiting: Int) -> Int? {
        let deficit = blocks(need) + block + reserve(total: total) - free
        if deficit <= 0 { return 0 }
        return deficit <= waiting ? deficit : nil
    }
}
