import Foundation
import Glibc
import Testing

/// What went wrong in a test's own machinery, as opposed to what a test expects.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The result of a program that ran to its end.
struct Finished {
    let status: Int32
    let output: String
    let errors: String
}

/// A program that was built with the tests: it lies beside the test bundle.
func built(_ name: String) throws -> String {
    var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/" {
        let program = folder.appending(path: name)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: program.path, isDirectory: &isFolder), !isFolder.boolValue {
            return program.path
        }
        folder.deleteLastPathComponent()
    }
    throw Failure("\(name) is not built; `swift build` first")
}

/// The program that a shell would run by this name, or nil: not every host has every tool.
func installed(_ name: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return (path.components(separatedBy: ":") + ["/usr/bin", "/usr/sbin"]).map { "\($0)/\(name)" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// Runs a program to its end; its output goes through files, so that no pipe can fill up.
func run(_ program: String, _ arguments: [String], in folder: Folder) throws -> Finished {
    let running = try Running(program, arguments, in: folder)
    return try running.wait(until: .now + .seconds(120))
}

/// F_SETPIPE_SZ, which Glibc does not show to Swift.
private let setPipeSize: Int32 = 1031

/// A program while it runs.
///
/// Standard error is a pipe, so that a test can wait for a line of it; standard output is a file.
final class Running {
    private let process = Process()
    private let log: FileHandle
    private let outputPath: String
    private var logged = Data()

    var pid: pid_t { process.processIdentifier }

    init(_ program: String, _ arguments: [String], in folder: Folder) throws {
        outputPath = folder.path("output-\(UUID().uuidString)")
        guard FileManager.default.createFile(atPath: outputPath, contents: nil),
            let output = FileHandle(forWritingAtPath: outputPath)
        else { throw Failure("cannot write \(outputPath)") }
        let pipe = Pipe()
        log = pipe.fileHandleForReading
        // Room for all a program says during a test: nobody reads while the test does something else.
        _ = fcntl(log.fileDescriptor, setPipeSize, 1 << 20)
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = pipe
        try process.run()
        try output.close()
        // Where it is still open here, the end of the stream would never come.
        try? pipe.fileHandleForWriting.close()
    }

    deinit {
        // Only after a failed test: a program is never left behind.
        if process.isRunning { kill(pid, SIGKILL) }
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// All that was read of standard error until now.
    var said: String { String(decoding: logged, as: UTF8.self) }

    /// For how long its threads together could have run, and others had the processors.
    var waitedForProcessors: Duration {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        let nanoseconds = threads.compactMap { thread -> Int64? in
            let times = try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/schedstat", encoding: .utf8)
            return times?.split(separator: " ").dropFirst().first.flatMap { Int64($0) }
        }
        return .nanoseconds(nanoseconds.reduce(0, +))
    }

    /// Waits for a line on standard error that contains the word, or for so many of them.
    func wait(for word: String, count: Int = 1, until deadline: ContinuousClock.Instant) throws {
        while said.split(separator: "\n").count(where: { $0.contains(word) }) < count {
            guard try readLog(until: deadline) else { throw Failure("ended before it said \"\(word)\": \(said)") }
        }
    }

    /// Waits until the program holds back SIGHUP, which is the first thing it does.
    func waitForFirstCode(until deadline: ContinuousClock.Instant) throws {
        while ContinuousClock.now < deadline {
            if signals("SigBlk:", "SigCgt:").contains(where: { $0 & 1 != 0 }) { return }
        }
        throw Failure("the program never took its signals")
    }

    /// Waits until all that was sent was taken: the same signal twice would be one.
    func waitForNoPendingSignal(until deadline: ContinuousClock.Instant) throws {
        while ContinuousClock.now < deadline {
            if signals("SigPnd:", "ShdPnd:").allSatisfy({ $0 == 0 }) { return }
        }
        throw Failure("the program never took its signals")
    }

    /// Sets of signals in the process's status.
    private func signals(_ names: String...) -> [UInt64] {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        return status.split(separator: "\n").filter { line in names.contains { line.hasPrefix($0) } }
            .compactMap { $0.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } }
    }

    /// Waits for the end, which is when nobody holds its standard error any more.
    func wait(until deadline: ContinuousClock.Instant) throws -> Finished {
        while try readLog(until: deadline) {}
        process.waitUntilExit()
        let output = try Data(contentsOf: URL(filePath: outputPath))
        return Finished(
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: String(decoding: output, as: UTF8.self), errors: String(decoding: logged, as: UTF8.self))
    }

    /// Reads once; false at the end of the stream.
    private func readLog(until deadline: ContinuousClock.Instant) throws -> Bool {
        let left = ContinuousClock.now.duration(to: deadline).components.seconds
        var poll = pollfd(fd: log.fileDescriptor, events: Int16(POLLIN), revents: 0)
        guard left > 0, Glibc.poll(&poll, 1, Int32(left) * 1000) > 0 else {
            kill(pid, SIGKILL)
            throw Failure("still runs at the deadline; said: \(said)")
        }
        let data = log.availableData
        logged.append(data)
        return !data.isEmpty
    }
}
