/// Whose numbers the flags of an open are: those of `open(2)` are not the same on every architecture.
package enum Architecture: String, CaseIterable, Sendable {
    /// asm-generic/fcntl.h, as x86 has none of its own.
    case x86_64
    /// arch/arm64/include/uapi/asm/fcntl.h, which takes the four flags of 32-bit Arm, and asm-generic/fcntl.h.
    case arm64

    /// That of this program.
    package static var native: Self {
        #if arch(arm64)
        .arm64
        #else
        .x86_64
        #endif
    }
}

/// The two lowest bits of the flags: a number of its own, not two flags.
package enum AccessMode: UInt64, CaseIterable, Sendable {
    case readOnly, writeOnly, readWrite
    /// 3: asks for both permissions and gives neither access, for the ioctls of some devices.
    case neither

    package static var mask: UInt64 { 3 }

    package init(of flags: UInt64) { self = Self(rawValue: flags & Self.mask) ?? .neither }

    package var name: String {
        switch self {
        case .readOnly: "O_RDONLY"
        case .writeOnly: "O_WRONLY"
        case .readWrite: "O_RDWR"
        case .neither: "O_ACCMODE"
        }
    }
}

/// A flag of `open(2)` by its name in C, in the order in which people read them.
package enum OpenFlag: String, CaseIterable, Sendable {
    case create = "O_CREAT"
    case exclusive = "O_EXCL"
    case noControllingTerminal = "O_NOCTTY"
    case truncate = "O_TRUNC"
    case append = "O_APPEND"
    case nonblocking = "O_NONBLOCK"
    /// Contains `dataSync`.
    case sync = "O_SYNC"
    case dataSync = "O_DSYNC"
    case async = "O_ASYNC"
    case direct = "O_DIRECT"
    /// The kernel adds it to io_uring's requests before they can be seen, and to system calls after.
    case largeFile = "O_LARGEFILE"
    /// Contains `directory`.
    case temporary = "O_TMPFILE"
    case directory = "O_DIRECTORY"
    case noFollow = "O_NOFOLLOW"
    case noAccessTime = "O_NOATIME"
    case closeOnExec = "O_CLOEXEC"
    case path = "O_PATH"

    /// All bits of the flag, which are two for `O_SYNC` and `O_TMPFILE`.
    package func bits(on architecture: Architecture) -> UInt64 {
        let isArm = architecture == .arm64
        return switch self {
        case .create: 0o100
        case .exclusive: 0o200
        case .noControllingTerminal: 0o400
        case .truncate: 0o1000
        case .append: 0o2000
        case .nonblocking: 0o4000
        case .sync: 0o4_000_000 | 0o10000
        case .dataSync: 0o10000
        case .async: 0o20000
        case .direct: isArm ? 0o200_000 : 0o40000
        case .largeFile: isArm ? 0o400_000 : 0o100_000
        case .temporary: 0o20_000_000 | OpenFlag.directory.bits(on: architecture)
        case .directory: isArm ? 0o40000 : 0o200_000
        case .noFollow: isArm ? 0o100_000 : 0o400_000
        case .noAccessTime: 0o1_000_000
        case .closeOnExec: 0o2_000_000
        case .path: 0o10_000_000
        }
    }

    /// The names in C that mean the same bits.
    package static var otherNames: [String: OpenFlag] {
        ["O_NDELAY": .nonblocking, "O_RSYNC": .sync, "O_FSYNC": .sync, "FASYNC": .async]
    }

    /// What these flags are called, the access mode first, such as `O_WRONLY|O_CREAT`; bits without a name are one number.
    package static func names(of flags: UInt64, on architecture: Architecture) -> String {
        var names = [AccessMode(of: flags).name]
        var rest = flags & ~AccessMode.mask
        // Those of two bits stand before those they contain.
        for flag in allCases {
            let bits = flag.bits(on: architecture)
            guard rest & bits == bits else { continue }
            names.append(flag.rawValue)
            rest &= ~bits
        }
        if rest != 0 { names.append("0x" + String(rest, radix: 16)) }
        return names.joined(separator: "|")
    }
}
