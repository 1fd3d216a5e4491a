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

        /// The suite's own figures, taken for what an agent shipped: what is declared explains as much, and not one more.
        @Test func `a declared loss explains one lacking operation, and only where one may lack`() throws {
            let memory = try SmallFileSystem(in: folder, size: "64m")
            let arguments = ["--cgroup", cgroup.path, "--dir", memory.path, "--suite"]
            let end = try run(built("workload"), arguments, in: folder)
            try #require(end.status == 0, "\(end.errors)")
            let truths = try decoded(Workload.Truths.self, from: end.output).cgroups
            let owed = truths.reduce(0) { $0 + $1.declared.unseen + $1.declared.cancelled }
            func differences(declared: UInt64, oneWriteLessIn name: String? = nil) throws -> [String] {
                try [Shipped.batch(end.output, declared: declared, oneWriteLessIn: name)].differences(from: truths)
            }

            #expect(owed > 10)
            #expect(try differences(declared: owed) == [])
            #expect(try differences(declared: owed + 1).count == 1)
            #expect(try differences(declared: owed - 1).count == 1)
            #expect(try differences(declared: owed + 1, oneWriteLessIn: "closed-meanwhile") == [])
            #expect(
                try differences(declared: owed + 1, oneWriteLessIn: "giver").contains { $0.hasPrefix("giver: writes") })
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

/// A batch of which the rows are what the workload printed.
private enum Shipped {
    typealias Object = [String: Any]

    static func batch(_ output: String, declared: UInt64, oneWriteLessIn name: String?) throws -> Batch {
        let all = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? Object
        let rows = (all?["cgroups"] as? [Object] ?? []).map { row in
            var row = row
            if row["name"] as? String == name { for figure in ["writes", "write_bytes"] { lower(figure, in: &row) } }
            row["cgroup"] = ["id": row["cgroup_id"] ?? 0]
            row["io_uring"] = rings(of: row)
            return row.merging(["kind": "cgroup", "writers": []] as Object) { old, _ in old }
        }
        let loss: Object = [
            "ring_records": 0, "detail_overflow": 0, "unresolved_cgroups": 0, "missed_runs": [:] as Object,
            "io_uring_unknown_results": declared, "aio_unknown_results": 0, "unknown_file": 0,
        ]
        let batch: Object = [
            "schema": "otagent.batch/1", "batch_id": "1", "sequence": 1, "part": [1, 1], "loss": loss, "units": rows,
            "window": ["start": "", "end": "", "seconds": 1, "gap_before": 0] as Object, "totals": rows.first ?? [:],
            "group_by": [] as [String],
        ]
        return try decoded(
            Batch.self, from: String(decoding: try JSONSerialization.data(withJSONObject: batch), as: UTF8.self))
    }

    private static func lower(_ figure: String, in row: inout Object) {
        if let value = row[figure] as? Int { row[figure] = value - 1 }
    }

    /// An agent knows only which way it was.
    private static func rings(of row: Object) -> Any {
        let rings = row["io_uring"] as? Object ?? [:]
        return rings["plain_total"].map { ["inline": $0] } ?? rings
    }
}
