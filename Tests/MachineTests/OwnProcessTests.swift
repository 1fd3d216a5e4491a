import Foundation
import Glibc
import Model
import Testing

@testable import Machine

@Suite struct OwnProcessTests {
    @Test func `the start is found behind any name of a process`() {
        let rest = " S " + (4...25).map(String.init).joined(separator: " ")
        #expect(OwnProcess.startTicks(Array("7 (otagent)\(rest)\n".utf8)) == 22)
        #expect(OwnProcess.startTicks(Array("7 (a) b (c) 1 2)\(rest)\n".utf8)) == 22)
        #expect(OwnProcess.startTicks(Array("7 (otagent) S 4 5\n".utf8)) == nil)
        #expect(OwnProcess.startTicks([]) == nil)
    }

    @Test func `resident pages become bytes, and nonsense becomes nothing`() {
        let page = UInt64(getpagesize())
        #expect(OwnProcess.residentBytes(Array("5000 300 20 1 0 80 0\n".utf8)) == 300 * page)
        #expect(OwnProcess.residentBytes(Array("5000\n".utf8)) == nil)
        #expect(OwnProcess.residentBytes(Array("5000 -3 20\n".utf8)) == nil)
        #expect(OwnProcess.residentBytes([]) == nil)
    }

    @Test func `this process is as the kernel knows it`() throws {
        let process = OwnProcess(now: Clock.wall)
        let before = process.use
        let memory = [UInt8](repeating: 1, count: 32 << 20)
        var spare = try (0..<20).map { _ in
            try #require(FileHandle(forReadingAtPath: "/dev/null"))
        }
        var sum = 0
        for byte in memory { sum += Int(byte) }
        let after = process.use
        #expect(sum == 32 << 20)
        let age = Double(Clock.wall.nanoseconds - (try #require(before.started).nanoseconds)) / 1e9
        #expect(age > 0 && age < 24 * 3600)
        #expect(before.started == after.started)
        #expect(try #require(after.cpuTime) > #require(before.cpuTime))
        // Other tests run beside this one: what they let go of may be less than what is held here, but not by this much.
        #expect(try #require(after.residentBytes) > 32 << 20)
        #expect(try #require(after.openDescriptors) >= 20)
        spare = []
        #expect(spare.isEmpty)
    }

    @Test func `asking takes next to no time`() {
        let process = OwnProcess(now: Clock.wall)
        let times = (0..<50).map { _ in ContinuousClock().measure { _ = process.use } }
        #expect((times.min() ?? .seconds(1)) < .milliseconds(1), "\(times.min() ?? .zero)")
    }
}
