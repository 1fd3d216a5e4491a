import Foundation
import Testing

extension SystemTests {
    /// The yardstick itself: it needs no agent.
    @Suite struct Yardstick {
        let folder: Folder
        let cgroup: Cgroup

        init() throws {
            folder = try Folder()
            cgroup = try Cgroup()
        }

        @Test(arguments: [
            ["--only", "syscalls"], ["--uring", "plain"], ["--uring", "async"], ["--uring", "sqpoll"],
        ])
        func `the same seed gives the same truth`(arguments: [String]) throws {
            let first = try Workload.run(in: cgroup, folder, arguments)
            let second = try Workload.run(in: cgroup, folder, arguments)
            #expect(first.counters.differences(from: second).filter { !$0.hasPrefix("io_uring") } == [])
            #expect(first.skipped == [])
        }

        @Test func `threads add up`() throws {
            let one = try Workload.run(in: cgroup, folder, ["--only", "syscalls"]).counters
            let four = try Workload.run(in: cgroup, folder, ["--only", "syscalls", "--threads", "4"]).counters
            #expect(four.opens == one.opens * 4)
            #expect(four.creates == one.creates * 4)
            #expect(four.writes == one.writes * 4)
            #expect(four.writeErrors == one.writeErrors.mapValues { $0 * 4 })
        }

        @Test func `one operation more or less is a difference`() throws {
            let truth = try Workload.run(in: cgroup, folder, ["--uring", "async"])
            #expect(truth.counters.differences(from: truth) == [])
            for number in Counters.numbers {
                var wrong = truth.counters
                wrong[keyPath: number.path] += 1
                #expect(wrong.differences(from: truth).count == 1, "\(number.name)")
            }
            var wrong = truth.counters
            wrong.ioUring.worker?.writes -= 1
            wrong.writeErrors["EFBIG"] = nil
            #expect(wrong.differences(from: truth).count == 2)
        }

        /// A tracer's view of the same process, where there is one: every call between the two visits to cgroup.procs.
        @Test(.enabled(if: installed("strace") != nil, "strace is not installed"))
        func `strace sees as many opens as the truth says`() throws {
            let log = folder.path("strace.log")
            let workload = try [built("workload")] + Workload.arguments(in: cgroup, folder, ["--repeat", "3"])
            let calls = "--trace=open,openat,openat2,creat,open_by_handle_at,write"
            let end = try run(installed("strace") ?? "", ["-y", calls, "-o", log] + workload, in: folder)
            #expect(end.status == 0, "\(end.errors)")
            let truth = try decoded(Truth.self, from: end.output).counters

            let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
            let doors = lines.indices.filter { lines[$0].hasPrefix("write(") && lines[$0].contains("cgroup.procs>") }
            try #require(doors.count == 2)
            let inside = lines[doors[0] + 1..<doors[1]].filter { $0.hasPrefix("open") || $0.hasPrefix("creat") }
            let failed = inside.filter { $0.contains(" = -1 ") }
            #expect(UInt64(failed.count) == truth.openFailures)
            #expect(UInt64(inside.count - failed.count) == truth.opens + truth.pathOpens + truth.pseudo.opens)
        }
    }
}
