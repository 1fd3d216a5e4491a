import Foundation
import Testing

extension SystemTests {
    /// Watch rules, as somebody uses them who looks for unexpected writers.
    @Suite struct Watch {
        /// What a writer does in the folder `n$1`; each kind is another kind of writer.
        private static let kinds: [(name: String, script: String)] = [
            ("a short-lived process", #"sh -c 'echo x > n'$1'/file'"#),
            ("a script", #"./script.py n$1/file"#),
            ("a ring", "$CASES write inline n$1/there"),
            ("a ring's worker", "$CASES create worker n$1/file"),
            ("a polled ring", "$CASES create sqpoll n$1/file"),
            ("a name in a ring", "$CASES mkdir inline n$1/made"),
            ("a mount namespace", #"unshare -m sh -c 'mount --bind . /mnt; echo x > /mnt/n'$1'/file'"#),
            ("a renamed executable", #"cp /bin/dash ../renamed$1; ../renamed$1 -c 'echo x > n'$1'/file'"#),
            ("a deleted executable", #"cp /bin/dash ../gone$1; ../gone$1 -c 'rm ../gone'$1'; echo x > n'$1'/file'"#),
            ("a rename", "$CASES rename syscall n$1/there"),
        ]

        @Test func `a hundred unexpected writers of all kinds are reported once each`() throws {
            let watched = try WatchedRun(
                """
                [[watch]]
                slice = "SLICE"
                paths = ["PLACE/**"]
                allow = ["/usr/bin/tee"]
                """)
            for number in 0..<100 {
                let folder = watched.place + "/n\(number)"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                try "there".write(toFile: folder + "/there", atomically: false, encoding: .utf8)
            }
            try FileManager.default.createDirectory(
                atPath: watched.place + "/allowed", withIntermediateDirectories: false)
            let script = watched.place + "/script.py"
            try "#!/usr/bin/python3\nimport sys\nopen(sys.argv[1], 'w').write('x')\n".write(
                toFile: script, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
            let steps = (0..<100).map { number in
                """
                set -- \(number)
                \(Self.kinds[number % Self.kinds.count].script)
                echo y | tee allowed/file\(number) > /dev/null
                """
            }
            try watched.inUnit("CASES=\(try built("watch-cases"))\n" + steps.joined(separator: "\n"))
            _ = try watched.alerts(atLeast: 100)
            let batches = try watched.stop()
            let all = batches.flatMap(\.alerts)
            #expect(all.count == 100, "told twice, or whoever was allowed: \(all.map { ($0.path ?? "-", $0.comm) })")
            for number in 0..<100 {
                let folder = watched.place + "/n\(number)"
                let mine = all.filter { $0.directory == folder }
                #expect(mine.count == 1, "\(Self.kinds[number % 10].name): \(mine)")
            }
            #expect(Set(all.map(\.id)).count == all.count)
            for alert in all {
                #expect(alert.alert == "unexpected_writer" && alert.rule == "watch[0]")
                #expect(alert.slice == watched.slice.name && alert.unit == "some.service" && alert.root != "?")
                #expect(!alert.parents.isEmpty && alert.pid > 0 && alert.uid == 0)
            }
            // In the window in which it was seen, or in the one before or after: it is judged at its own pace.
            for (index, batch) in batches.enumerated() {
                let first = batches[max(index - 1, 0)].window.start
                let last = batches[min(index + 1, batches.count - 1)].window.end
                for alert in batch.alerts {
                    #expect(alert.time >= first && alert.time <= last, "\(alert) in \(batch.window)")
                }
            }
            #expect(batches.allSatisfy { $0.loss.watchRecords == 0 })
            let vias = Set(all.compactMap(\.via))
            #expect(vias.isSuperset(of: ["inline", "worker", "sqpoll"]))
        }

        @Test func `every operation is reported by calls and by rings, and what is not watched is not`() throws {
            let watched = try WatchedRun(
                """
                [alerts]
                max_per_window = 1000
                [[watch]]
                slice = "SLICE"
                paths = ["PLACE/**"]
                ops = ["write","create","delete","rename","truncate","allocate","link","symlink","mkdir","shared_map"]
                """)
            let all = [
                "write", "create", "delete", "rename", "truncate", "allocate", "link", "symlink", "mkdir", "shared_map",
            ]
            let ways =
                ["syscall", "inline", "worker", "sqpoll", "silent"].flatMap { via in
                    all.filter { via == "syscall" || !["truncate", "shared_map"].contains($0) }.map { ($0, via) }
                } + [("write", "direct"), ("allocate", "direct")]
            var script = "CASES=\(try built("watch-cases"))\n"
            for (operation, via) in ways {
                let folder = watched.place + "/\(operation)-\(via)"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                let isNew = ["create", "symlink", "mkdir"].contains(operation)
                if !isNew { try "there".write(toFile: folder + "/it", atomically: false, encoding: .utf8) }
                script += "$CASES \(operation) \(via) \(operation)-\(via)/it\n"
            }
            try watched.inUnit(script)
            _ = try watched.alerts(atLeast: ways.count)
            let alerts = try watched.stop().flatMap(\.alerts)
            #expect(alerts.count == ways.count)
            for (operation, via) in ways {
                let alert = alerts.first { $0.directory == watched.place + "/\(operation)-\(via)" }
                #expect(alert?.op == operation, "\(operation) by \(via): \(String(describing: alert))")
                // A name in a ring is judged when it is asked for: nobody knows yet who will do it.
                let isNamed =
                    ["delete", "rename", "link", "symlink", "mkdir"].contains(operation)
                    || (operation, via) == ("create", "silent")
                // What may have to wait for a disk the kernel hands to a worker by itself.
                // One that is never answered is not seen to be handed to a worker either.
                let isAtSubmission = via == "worker" && isNamed || ["silent", "direct"].contains(via)
                let expected = isAtSubmission ? ["inline"] : via == "inline" ? [via, "worker"] : [via]
                #expect(expected.contains(alert?.via ?? "?"), "\(operation) by \(via): \(String(describing: alert))")
                #expect(alert?.pathSource == (isNamed || operation == "truncate" ? "user" : "file"))
            }
        }

        @Test func `a rule about one file is about that file, whatever was written beside it before`() throws {
            let watched = try WatchedRun(
                """
                [[watch]]
                slice = "SLICE"
                paths = ["PLACE/secret"]
                """)
            try watched.inUnit("for n in 1 2 3; do echo x > other$n; done; sleep 1; echo x > other4; echo x > secret")
            let alerts = try watched.alerts(atLeast: 1)
            #expect(alerts.map(\.path) == [watched.place + "/secret"])
            #expect(try watched.stop().flatMap(\.alerts).count == 1)
        }

        @Test func `paths are the host's, not a container's of the same name`() throws {
            let watched = try WatchedRun(
                """
                [[watch]]
                slice = "SLICE"
                paths = ["PLACE/**"]
                allow = ["PLACE/tool"]
                """, cgroup: "docker-\(String(repeating: "ab", count: 32)).scope")
            try FileManager.default.copyItem(atPath: "/bin/dash", toPath: watched.place + "/tool")
            try watched.inUnit(
                """
                mkdir ../real
                unshare -m sh -ec '
                    mount --bind . ../real
                    mount -t tmpfs none \(watched.place)
                    cd \(watched.place)
                    echo x > mine
                    cp /bin/dash tool
                    ./tool -c "echo x > ../real/by-another-tool"
                    ../real/tool -c "echo x > ../real/by-the-tool"
                '
                """)
            let alerts = try watched.alerts(atLeast: 1)
            #expect(alerts.map(\.path) == [watched.place + "/by-another-tool"])
            #expect(alerts.first?.comm == "tool")
            #expect(alerts.first?.container?.id == String(repeating: "ab", count: 32))
            #expect(try watched.stop().flatMap(\.alerts).count == 1)
        }

        @Test func `an urgent alert does not wait for the end of the window`() throws {
            let watched = try WatchedRun(
                """
                [[watch]]
                slice = "SLICE"
                paths = ["PLACE/**"]
                urgent = true
                """, interval: "60s")
            try watched.inUnit("sleep 1.2; echo x > file")
            let alerts = try watched.alerts(atLeast: 1, within: .seconds(10))
            #expect(alerts.map(\.path) == [watched.place + "/file"])
            let batches = try watched.stop()
            #expect(batches.map(\.sequence) == Array(1...batches.count))
        }

        @Test func `rules follow a reload, and what was seen is judged anew`() throws {
            let watched = try WatchedRun(
                """
                [[watch]]
                slice = "SLICE"
                paths = ["PLACE/**"]
                allow = ["comm:sh"]
                """)
            try watched.inUnit("echo x > file")
            try watched.reload(
                """
                [[watch]]
                slice = "SLICE"
                paths = ["PLACE/**"]
                """)
            #expect(try watched.batches().flatMap(\.alerts).isEmpty)
            try watched.inUnit("echo x > file")
            #expect(try watched.alerts(atLeast: 1).map(\.comm) == ["sh"])
            #expect(try watched.stop().flatMap(\.alerts).count == 1)
        }
    }
}
