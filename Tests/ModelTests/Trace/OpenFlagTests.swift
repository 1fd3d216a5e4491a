import Model
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("The flags of an open")
struct OpenFlagTests {
    /// What the seed's rows and the kernel's headers say; decimal, as in a row.
    @Test(
        "Flags have the names that the program wrote",
        arguments: [
            (577, "O_WRONLY|O_CREAT|O_TRUNC"), (193, "O_WRONLY|O_CREAT|O_EXCL"),
            (524865, "O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC"), (524545, "O_WRONLY|O_NOCTTY|O_CLOEXEC"),
            (526914, "O_RDWR|O_CREAT|O_TRUNC|O_NONBLOCK|O_CLOEXEC"), (524288, "O_RDONLY|O_CLOEXEC"),
            (131072, "O_RDONLY|O_NOFOLLOW"), (2_621_440, "O_RDONLY|O_CLOEXEC|O_PATH"),
            (2_686_976, "O_RDONLY|O_DIRECTORY|O_CLOEXEC|O_PATH"),
            (557634, "O_RDWR|O_CREAT|O_TRUNC|O_LARGEFILE|O_CLOEXEC"),
            (0o4_010_001, "O_WRONLY|O_SYNC"), (0o10001, "O_WRONLY|O_DSYNC"), (0o4_000_000, "O_RDONLY|0x100000"),
            (0o20_200_002, "O_RDWR|O_TMPFILE"), (3, "O_ACCMODE"), (0, "O_RDONLY"),
            (1 << 63 | 1 << 30, "O_RDONLY|0x8000000040000000"),
        ] as [(UInt64, String)])
    func names(_ flags: UInt64, _ names: String) {
        #expect(OpenFlag.names(of: flags, on: .x86_64) == names)
    }

    @Test(
        "Arm has other numbers for four flags, and so for the one that contains one of them",
        arguments: [
            (OpenFlag.directory, 0x4000), (.noFollow, 0x8000), (.direct, 0x10000), (.largeFile, 0x20000),
            (.temporary, 0x40_4000),
        ] as [(OpenFlag, UInt64)])
    func arm(_ flag: OpenFlag, _ bits: UInt64) {
        #expect(flag.bits(on: .arm64) == bits)
        #expect(flag.bits(on: .x86_64) != bits)
        #expect(OpenFlag.names(of: bits, on: .arm64) == "O_RDONLY|" + flag.rawValue)
    }

    @Test("All other flags have the same number on both")
    func same() {
        let different: Set<OpenFlag> = [.directory, .noFollow, .direct, .largeFile, .temporary]
        for flag in OpenFlag.allCases where !different.contains(flag) {
            #expect(flag.bits(on: .arm64) == flag.bits(on: .x86_64))
        }
    }

    #if canImport(Glibc)
    @Test("The numbers of this architecture are those of its C library")
    func header() {
        let numbers: [OpenFlag: Int32] = [
            .create: O_CREAT, .exclusive: O_EXCL, .noControllingTerminal: O_NOCTTY, .truncate: O_TRUNC,
            .append: O_APPEND, .nonblocking: O_NONBLOCK, .sync: O_SYNC, .dataSync: O_DSYNC, .async: O_ASYNC,
            .directory: O_DIRECTORY, .noFollow: O_NOFOLLOW, .closeOnExec: O_CLOEXEC,
        ]
        for (flag, number) in numbers { #expect(flag.bits(on: .native) == UInt64(number), "\(flag.rawValue)") }
        #expect(AccessMode(of: UInt64(O_WRONLY)) == .writeOnly)
        #expect(AccessMode(of: UInt64(O_RDWR)) == .readWrite)
    }
    #endif

    @Test("Every name in C reads back to its flag")
    func roundTrip() throws {
        for flag in OpenFlag.allCases {
            #expect(try FlagsFormula(parsing: flag.rawValue) == .atom(.flag(flag)))
        }
    }

    @Test("The mode of an open that makes no file is what was left in a register")
    func mode() {
        func mode(_ kind: TraceCall, _ flags: UInt64) -> UInt64 {
            TraceEvent(
                actor: TraceEvent.Actor(pid: 1, tid: 1, cgroup: CgroupID(1), comm: "a"), kind: kind,
                facts: OpenFacts(flags: flags), mode: 0xDEAD, filename: "f"
            ).mode
        }
        #expect(mode(.open, 0) == 0)
        #expect(mode(.openat, 0o2_000_000) == 0)
        #expect(mode(.openat, 0o200_000) == 0)
        #expect(mode(.openat, 0o100) == 0xDEAD)
        #expect(mode(.open, 0o20_200_002) == 0xDEAD)
        #expect(mode(.openat2, 0) == 0xDEAD)
    }
}
