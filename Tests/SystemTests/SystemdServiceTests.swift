import Foundation
import Testing

extension SystemTests {
    /// `config/otagent.service` as it is, in a real systemd; only the paths of the build stand for the installed ones.
    @Suite(.enabled(if: BootedMachine.isPossible, "systemd is not installed"))
    struct SystemdService {
        private let folder: Folder
        private let machine: BootedMachine
        private static let unitFile = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../config/otagent.service").standardizedFileURL.path

        init() throws {
            folder = try Folder()
            machine = try BootedMachine(in: folder)
            let unit = try String(contentsOfFile: Self.unitFile, encoding: .utf8)
                .replacingOccurrences(of: "/usr/local/bin/otagent", with: built("otagent"))
            try folder.write("otagent.service", unit)
            try configure("")
            try machine.shell(
                """
                # The host's own, which are no part of this machine.
                rm -rf /var/lib/otagent /var/log/otagent
                # As sys-kernel-tracing.mount does where systemd is not in a container.
                mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
                cp \(folder.path("otagent.service")) /etc/systemd/system/
                mkdir -p /etc/systemd/system/otagent.service.d
                printf '[Service]\\nWatchdogSec=3s\\nTimeoutAbortSec=2s\\nRestartSec=100ms\\n' >/etc/systemd/system/otagent.service.d/test.conf
                systemctl daemon-reload
                """)
        }

        /// Only root can read it, as is usual for a file that may hold keys.
        private func configure(_ more: String) throws {
            try folder.write(
                "agent.toml",
                """
                [agent]
                interval = "1s"
                shutdown_timeout = "3s"

                [outputs.local]
                type = "file"
                path = "${LOGS_DIRECTORY}/activity.json"
                format = "json"
                \(more)
                """)
            try machine.shell(
                "mkdir -p /etc/otagent; install -m 600 \(folder.path("agent.toml")) /etc/otagent/agent.toml")
        }

        private func show(_ property: String) throws -> String {
            try machine.enter("systemctl", "show", "-P", property, "otagent").trimmingCharacters(in: .newlines)
        }

        /// What the agent wrote, copied from its private directory.
        private func batches() throws -> String {
            try machine.shell("cat /var/log/otagent/activity.json >\(folder.path("activity.json"))")
            return folder.path("activity.json")
        }

        private func journal() throws -> String {
            try machine.enter("journalctl", "--sync")
            return try machine.enter("journalctl", "--quiet", "--output=cat", "-u", "otagent")
        }

        @Test func `it counts as a user of its own with few rights, reloads, and stops`() throws {
            try machine.enter("systemctl", "start", "otagent")
            let leader = try show("MainPID")
            let status = try machine.shell("cat /proc/\(leader)/status")
            // CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_PERFMON, CAP_BPF: 1 << 2 | 1 << 19 | 1 << 38 | 1 << 39.
            for set in ["CapEff", "CapPrm", "CapBnd"] {
                #expect(status.contains("\(set):\t000000c000080004"), "\(status)")
            }
            #expect(!status.contains("Uid:\t0"), "\(status)")

            try machine.shell("systemd-run --quiet --wait --unit=writer /bin/sh -c 'echo something >/var/tmp/written'")

            // A mistake is refused, and said by systemctl; the agent goes on as it was.
            try configure("formatt = \"json\"")
            #expect(throws: Failure.self) { try machine.enter("systemctl", "reload", "otagent") }
            #expect(try show("ActiveState") == "active")
            #expect(try journal().contains("unknown key 'formatt'"))
            // And without the check, by the agent itself.
            try machine.enter("systemctl", "kill", "--signal=HUP", "otagent")
            try machine.wait(for: "the refusal", until: .now + .seconds(20)) {
                try journal().contains("not reloaded, the configuration stays as it was")
            }
            #expect(try show("StatusText").hasPrefix("the last reload was refused"))

            try configure("group_by = [\"slice\"]")
            try machine.enter("systemctl", "reload", "otagent")
            try machine.wait(for: "the reload", until: .now + .seconds(20)) {
                try journal().contains("reloaded; outputs: started 'local'")
            }
            #expect(try show("MainPID") == leader)
            #expect(try show("NRestarts") == "0")
            try machine.enter("systemctl", "stop", "otagent")
            #expect(try show("Result") == "success")

            let rows = try NamedRow.all(inFile: batches())
            let writer = rows.filter { $0.identity.unit == "writer.service" }
            #expect(writer.count == 1 && writer.first?.counters.writes == 1, "\(rows.map(\.identity))")
            #expect(rows.contains { $0.identity.unit == nil && $0.identity.slice == "system.slice" })
        }

        @Test func `an agent that no longer turns is killed by the watchdog and started again`() throws {
            try machine.enter("systemctl", "start", "otagent")
            let leader = try show("MainPID")
            // Longer than the watchdog's time: it is fed.
            try machine.shell("sleep 4")
            #expect(try show("MainPID") == leader)
            try machine.shell("kill -STOP \(leader)")
            try machine.wait(for: "another one", until: .now + .seconds(60)) {
                try show("NRestarts") == "1" && show("ActiveState") == "active"
            }
            #expect(try show("MainPID") != leader)
            #expect(try journal().contains("Watchdog timeout"))
            try machine.enter("systemctl", "stop", "otagent")
        }

        @Test func `without a collector no watchdog trips, a token is a credential, the last window has its time`()
            throws
        {
            try machine.shell(
                """
                install -D -m 600 /dev/null /etc/otagent/secret/token
                printf 'very-secret\\n' >/etc/otagent/secret/token
                # As LoadCredential= would, whose mount a systemd inside of namespaces does not get to its service.
                # And far less time to stop than it takes to deliver.
                printf '[Service]\\nEnvironment=CREDENTIALS_DIRECTORY=/etc/otagent/secret\\nTimeoutStopSec=1s\\n' \
                >/etc/systemd/system/otagent.service.d/token.conf
                systemctl daemon-reload
                """)
            try configure(
                """
                [outputs.collector]
                type = "http"
                url = "http://127.0.0.1:9/"
                bearer_token_file = "${CREDENTIALS_DIRECTORY}/token"
                """)
            try machine.enter("systemctl", "start", "otagent")
            var said = ""
            do {
                try machine.wait(for: "an attempt", until: .now + .seconds(20)) {
                    said = try journal()
                    return said.contains("cannot connect to http://127.0.0.1:9/")
                }
            } catch {
                throw Failure("\(error): \(said)")
            }
            try machine.shell("sleep 4")
            #expect(try show("NRestarts") == "0")
            #expect(try show("ActiveState") == "active")
            #expect(try !journal().contains("very-secret"))
            // The agent asks for the time that its configuration gives it.
            let asked = ContinuousClock.now
            try machine.enter("systemctl", "stop", "otagent")
            #expect(asked.duration(to: .now) > .seconds(1))
            #expect(try show("Result") == "success")
        }

        @Test func `systemd finds nothing wrong with the unit file, and little exposed`() throws {
            let verified = try run(
                "/usr/bin/systemd-analyze", ["verify", "--man=no", folder.path("otagent.service")], in: folder)
            #expect(verified.status == 0 && verified.errors.isEmpty, "\(verified.errors)")
            let security = try run(
                "/usr/bin/systemd-analyze", ["security", "--offline=true", "--threshold=27", Self.unitFile], in: folder)
            #expect(security.status == 0, "\(security.output)")
        }
    }
}
