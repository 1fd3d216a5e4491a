import Foundation
import Testing

extension SystemTests {
    /// Ways by which somebody who knows the rules might write without being seen.
    @Suite struct WatchedNames {
        @Test func `names that lead elsewhere are no way round`() throws {
            let watched = try WatchedRun(
                """
                [alerts]
                max_per_window = 1000
                [[watch]]
                slice = "SLICE"
                paths = ["PLACE/w/**"]
                [[watch]]
                slice = "SLICE"
                paths = ["PLACE/above/app/**"]
                """)
            let files = FileManager.default
            for folder in ["w/cwd", "w/fd", "w/link", "w/linked", "u", "above/app"] {
                try files.createDirectory(atPath: watched.place + "/" + folder, withIntermediateDirectories: true)
            }
            for file in ["w/cwd/x", "w/fd/x", "w/link/x", "w/linked/x", "u/harmless"] {
                try "there".write(toFile: watched.place + "/" + file, atomically: false, encoding: .utf8)
            }
            try files.createSymbolicLink(atPath: watched.place + "/u/link", withDestinationPath: "../w/link/x")
            try files.createSymbolicLink(atPath: watched.place + "/u/cwd", withDestinationPath: "/proc/self/cwd")
            try watched.inUnit(
                """
                (cd w/cwd; rm /proc/self/cwd/x; touch y)
                (exec 9<w/fd; rm /dev/fd/9/x)
                (cd w/linked; rm ../../u/cwd/x)
                python3 -c 'import os, time
                os.truncate("u/harmless", 0)
                time.sleep(1)
                os.truncate("u/link", 0)'
                mkdir w/slash/
                sleep 1.5
                mkdir w/slash//made//
                mv above beside
                """)
            _ = try watched.alerts(atLeast: 9)
            let alerts = try watched.stop().flatMap(\.alerts)
            func told(_ op: String) -> Set<String> { Set(alerts.filter { $0.op == op }.map { $0.path ?? "-" }) }
            #expect(told("delete") == ["/proc/self/cwd/x", "/dev/fd/9/x", watched.place + "/u/cwd/x"])
            #expect(told("truncate") == [watched.place + "/w/link/x"])
            #expect(told("mkdir") == [watched.place + "/w/slash", watched.place + "/w/slash/made"])
            #expect(told("rename") == [watched.place + "/above"])
        }

        @Test func `alerts that wait are in the last batch`() throws {
            let watched = try WatchedRun(
                """
                [alerts]
                max_per_window = 3
                [[watch]]
                slice = "SLICE"
                paths = ["PLACE/**"]
                """, interval: "60s")
            for number in 0..<40 {
                try FileManager.default.createDirectory(
                    atPath: watched.place + "/\(number)", withIntermediateDirectories: false)
            }
            try watched.inUnit("for n in $(seq 0 39); do echo x > $n/file; done; sleep 1")
            let alerts = try watched.stop().flatMap(\.alerts)
            #expect(Set(alerts.map(\.path)).count == 40 && alerts.count == 40)
            // Those that are in no window that follows were told to everybody, too: here to the log.
            let said = watched.running.said.split(separator: "\n").count { $0.contains("unexpected") }
            #expect(said >= 40, "\(watched.running.said)")
        }
    }
}
