import Glibc
package import Model

/// What this process takes of its host, by the kernel's own account.
package struct OwnProcess: Sendable {
    private let started: Timestamp?

    /// - Parameter now: the wall clock; later changes of it do not move the start.
    package init(now: Timestamp) {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        let ticks = Int64(sysconf(Int32(_SC_CLK_TCK)))
        guard let stat = try? readFile("/proc/self/stat"), let start = Self.startTicks(stat), ticks > 0 else {
            started = nil
            return
        }
        let age = Self.nanoseconds(time) - start / ticks * 1_000_000_000 - start % ticks * 1_000_000_000 / ticks
        started = Timestamp(nanoseconds: now.nanoseconds - age)
    }

    /// Takes tens of microseconds, however much the agent watches.
    package var use: ProcessUse {
        var use = ProcessUse()
        use.started = started
        var time = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 { use.cpuTime = .nanoseconds(Self.nanoseconds(time)) }
        if let statm = try? readFile("/proc/self/statm") { use.residentBytes = Self.residentBytes(statm) }
        use.openDescriptors = Self.openDescriptors()
        return use
    }

    /// The 22nd field of `/proc/PID/stat` (proc(5)), in clock ticks since boot.
    ///
    /// The name before it is in parentheses, and may have blanks and parentheses itself.
    static func startTicks(_ stat: [UInt8]) -> Int64? {
        guard let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = stat[end...].split(separator: UInt8(ascii: " "))
        guard fields.count > 20 else { return nil }
        return Int64(String(decoding: fields[20], as: UTF8.self))
    }

    /// The second field of `/proc/PID/statm`, which is in pages.
    static func residentBytes(_ statm: [UInt8]) -> UInt64? {
        let fields = statm.split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = UInt64(String(decoding: fields[1], as: UTF8.self)) else { return nil }
        return pages * UInt64(getpagesize())
    }

    /// Without the one that is open for looking.
    private static func openDescriptors() -> UInt64? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count: UInt64 = 0
        while let entry = readdir(directory) { if entry.pointee.d_name.0 != UInt8(ascii: ".") { count += 1 } }
        return count > 0 ? count - 1 : nil
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
