import Foundation
import Testing

extension SystemTests {
    /// Units of a real systemd that do a known amount of work, with the agent as one of its services.
    @Suite(.enabled(if: BootedMachine.isPossible, "systemd is not installed"))
    struct SystemdCounts {
        private static let user = (name: "otuser", uid: 4711)

        private let folder: Folder
        private let machine: BootedMachine

        init() throws {
            folder = try Folder()
            machine = try BootedMachine(in: folder, users: [Self.user.name: Self.user.uid])
            try FileManager.default.createDirectory(atPath: folder.path("work"), withIntermediateDirectories: true)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path("work"))
        }

        /// Returns when systemd says it is ready, which is what the agent told it.
        private func startAgent() throws {
            let config = try AgentRun.configuration(in: folder)
            try folder.write(
                "otagent.service",
                """
                [Service]
                Type=notify
                ExecStart=\(try built("otagent")) run --config \(config)
                TimeoutStopSec=60
                """)
            try machine.shell(
                "cp \(folder.path("otagent.service")) /etc/systemd/system/; systemctl start otagent.service")
        }

        private func stopAgent() throws -> [NamedRow] {
            try machine.enter("systemctl", "stop", "otagent.service")
            #expect(try machine.enter("systemctl", "show", "-P", "Result", "otagent.service") == "success\n")
            let file = folder.path("batches.json")
            let batches = try Batch.all(inFile: file)
            #expect(batches.missedRuns == [])
            #expect(batches.imbalances == [])
            return try NamedRow.all(inFile: file)
        }

        /// Does the work that the arguments say and leaves a process, so that the cgroup stays.
        private func writeJob() throws -> String {
            try folder.write(
                "job.sh",
                """
                \(try built("workload")) --here --keep --dir \(folder.path("work")) --only "$@"
                sleep infinity </dev/null >/dev/null 2>&1 &
                """)
        }

        /// What the workloads printed under this name, the oldest first.
        private func truths(_ identifier: String, count: Int) throws -> [Truth] {
            var truths: [Truth] = []
            try machine.wait(for: "what \(identifier) printed", until: .now + .seconds(30)) {
                try machine.enter("journalctl", "--sync")
                let journal = try machine.enter(
                    "journalctl", "--quiet", "--output=cat", "SYSLOG_IDENTIFIER=\(identifier)")
                truths = try journal.split(separator: "\n").map { try decoded(Truth.self, from: String($0)) }
                return truths.count >= count
            }
            #expect(truths.count == count)
            return truths
        }

        private func invocation(_ unit: String) throws -> String {
            try machine.enter("systemctl", "show", "-P", "InvocationID", unit).trimmingCharacters(in: .newlines)
        }

        /// One run of a unit: who it was, and what it did besides what its start alone does in such a unit.
        private struct Expected {
            let row: NamedRow.Identity
            let truth: Truth
            /// A unit of the same kind that starts the same programs, which then do nothing.
            let idle: String
        }

        @Test func `services, instances, restarts, scopes and users' units have exact counts under the right name`()
            throws
        {
            let (name, uid) = Self.user
            let job = try writeJob()
            let body = "Type=oneshot\nRemainAfterExit=yes\nSyslogIdentifier=%n\nExecStart=/bin/sh \(job)"
            for (unit, work) in [
                ("plain", "syscalls --seed 1"), ("plain-idle", "nothing"),
                ("again", "syscalls --seed 2 --repeat 20"), ("again-idle", "nothing"),
            ] {
                try folder.write("\(unit).service", "[Service]\n\(body) \(work)\n")
            }
            try folder.write("inst@.service", "[Service]\n\(body) syscalls --seed 3 --threads 3 --repeat 7\n")
            try folder.write("idle@.service", "[Service]\n\(body) nothing --threads 3\n")
            try machine.shell(
                """
                cp \(folder.root.path)/*.service /etc/systemd/system/
                mkdir -p /etc/systemd/user
                cp \(folder.root.path)/*.service /etc/systemd/user/
                systemctl daemon-reload
                loginctl enable-linger \(name)
                """)
            try machine.wait(for: "the user's systemd", until: .now + .seconds(30)) {
                (try? machine.enter("systemctl", "is-active", "user@\(uid).service")) != nil
            }
            try startAgent()

            // A scope's output goes through a pipe: its command's own descriptors, a regular file, would be counted.
            var expected: [Expected] = []
            let system = "system.slice"
            func add(_ idle: String, _ truth: Truth, _ row: NamedRow.Identity) {
                expected.append(Expected(row: row, truth: truth, idle: idle))
            }
            func start(_ unit: String) throws { try machine.enter("systemctl", "restart", unit) }

            for unit in ["plain-idle", "again-idle", "plain", "idle@x", #"inst@a\x2db"#] {
                try start(unit + ".service")
            }
            add(
                "plain-idle.service", try truths("plain.service", count: 1)[0],
                NamedRow.Identity(unit: "plain.service", slice: system, invocationId: try invocation("plain.service")))
            let instance = #"inst@a\x2db.service"#
            add(
                "idle@x.service", try truths(instance, count: 1)[0],
                NamedRow.Identity(
                    unit: instance, slice: "system-inst.slice", template: "inst@.service", instance: #"a\x2db"#,
                    invocationId: try invocation(instance)))

            var invocations: Set<String> = []
            for run in 1...2 {
                try start("again.service")
                let id = try invocation("again.service")
                invocations.insert(id)
                add(
                    "again-idle.service", try truths("again.service", count: run)[run - 1],
                    NamedRow.Identity(unit: "again.service", slice: system, invocationId: id))
                // The invocation is read from a living cgroup, once a window.
                try waitForRow(invocation: id)
            }
            #expect(invocations.count == 2)

            for unit in ["plain-idle.service", "plain.service"] {
                try machine.enter(as: name, uid: uid, "systemctl", "--user", "start", unit)
            }
            let userInvocation = try machine.enter(
                as: name, uid: uid, "systemctl", "--user", "show", "-P", "InvocationID", "plain.service")
            add(
                "plain-idle.service", try truths("plain.service", count: 2)[1],
                NamedRow.Identity(
                    unit: "user@\(uid).service", slice: "user-\(uid).slice", userUnit: "plain.service",
                    userSlice: "app.slice", template: "user@.service", instance: "\(uid)", ownerUid: UInt32(uid),
                    invocationId: userInvocation.trimmingCharacters(in: .newlines)))

            for (unit, work) in [("calm", "nothing"), ("busy", "syscalls --seed 5 --repeat 3")] {
                let command =
                    "systemd-run --quiet --scope --unit=\(unit) --slice=jobs-night.slice /bin/sh \(job) \(work)"
                let output = try machine.shell("\(command) | cat")
                guard unit == "busy" else { continue }
                add(
                    "calm.scope", try decoded(Truth.self, from: output),
                    NamedRow.Identity(
                        kind: "scope", unit: "busy.scope", slice: "jobs-night.slice",
                        invocationId: try invocation("busy.scope")))
            }
            for run in expected { try waitForRow(invocation: try #require(run.row.invocationId)) }

            let rows = try stopAgent()
            for run in expected {
                let counted = rows.counters(where: { $0.identity == run.row })
                let idle = rows.counters(where: {
                    ($0.identity.userUnit ?? $0.identity.unit) == run.idle
                        && ($0.identity.userUnit == nil) == (run.row.userUnit == nil)
                })
                #expect(idle.opens > 0, "\(run.idle)")
                var all = run.truth.counters
                all.add(idle)
                #expect(run.truth.counters.writes > 0)
                #expect(counted.differences(from: all) == [], "\(run.row)")
                #expect(Set(rows.filter { $0.identity == run.row }.map(\.cgroup)).count == 1, "\(run.row)")
            }
            let again = rows.filter { $0.identity.unit == "again.service" }
            #expect(Set(again.map(\.cgroup)).count == 2)
            #expect(Set(again.map(\.identity.invocationId)) == Set(invocations.map { $0 }))
        }

        /// Returns when a batch has a row of this run.
        private func waitForRow(invocation: String) throws {
            let file = folder.path("batches.json")
            try machine.wait(for: "a row of \(invocation)", until: .now + .seconds(30)) {
                ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").contains(invocation)
            }
        }

        @Test func `five hundred scopes that live for a moment are all named, with their counts`() throws {
            let count = 500
            try startAgent()
            // As many writes as the last digit says and one more.
            try folder.write(
                "moment.sh",
                """
                exec systemd-run --quiet --scope --unit="moment-$1" --slice=moments.slice /bin/sh -c '
                    exec 3>"\(folder.path("work"))/$1"
                    for n in $(seq 0 $(($1 % 10))); do echo "$1" >&3; done' - "$1"
                """)
            try machine.shell("seq 1000 \(999 + count) | xargs -P 8 -n 1 sh \(folder.path("moment.sh"))")
            // What is done outside of the machine has no name here: the agent has its view of the cgroups.
            let rows = try stopAgent()
            var wrong: [String] = []
            for number in 1000..<(1000 + count) {
                let own = rows.filter { $0.identity.unit == "moment-\(number).scope" }
                let writes = UInt64(number % 10 + 1)
                let counted = own.counters(where: { _ in true })
                let isRight =
                    own.allSatisfy { $0.identity.slice == "moments.slice" && $0.identity.kind == "scope" }
                    && Set(own.map(\.cgroup)).count == 1 && counted.creates == 1 && counted.writes == writes
                    && counted.writeBytes == writes * 5
                if !isRight { wrong.append("\(number): \(own.map(\.identity)) \(counted.writes) of \(writes)") }
            }
            #expect(wrong == [])
            let invocations = rows.filter { $0.identity.slice == "moments.slice" }
                .compactMap { row in row.identity.invocationId.map { ($0, row.cgroup) } }
            // One that was gone before anybody looked has none; no two have the same.
            #expect(Dictionary(invocations, uniquingKeysWith: { $0 == $1 ? $0 : 0 }).values.allSatisfy { $0 != 0 })
        }
    }
}
