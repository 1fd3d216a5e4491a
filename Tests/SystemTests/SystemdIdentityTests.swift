import Foundation
import Testing

extension SystemTests {
    /// Whatever libsystemd says of a process in a real systemd is what `otagent units` says of its cgroup.
    @Suite(.enabled(if: BootedMachine.isPossible, "systemd is not installed"))
    struct SystemdIdentity {
        private static let user = (name: "otuser", uid: 4711)

        /// What either of them says, by the cgroup.
        fileprivate struct Answer: Decodable, Equatable {
            let unit: String?
            let slice: String?
            let userUnit: String?
            let userSlice: String?
            let ownerUid: UInt32?
        }

        fileprivate struct Process: Decodable {
            let pid: Int
            let cgroupId: UInt64
            let path: String
        }

        private struct Listed: Decodable {
            struct Cgroup: Decodable {
                let id: UInt64
            }
            struct Container: Decodable {
                let runtime: String
                let unit: String?
                let slice: String?
            }
            let cgroup: Cgroup
            let container: Container?
        }

        private let folder: Folder
        init() throws { folder = try Folder() }

        /// Has all of them started, with the units of a user, a session and transient ones.
        private func populate(_ machine: BootedMachine) throws {
            let (name, uid) = Self.user
            try machine.shell(UglyUnits.script(in: folder))
            try machine.enter("loginctl", "enable-linger", name)
            try machine.wait(for: "the user's systemd", until: .now + .seconds(30)) {
                (try? machine.enter("systemctl", "is-active", "user@\(uid).service")) != nil
            }
            let transient = ["systemd-run", "--quiet", "--no-ask-password"]
            for unit in ["--unit=one.service", "--unit=_two.service", #"--unit=thr\x2dee@four"#, "--slice=t-u.slice"] {
                try machine.enter(transient + [unit, "sleep", "infinity"])
                try machine.enter(
                    as: name, uid: uid, "systemd-run", "--quiet", "--user", unit, "sleep", "infinity")
            }
            let login = ["-p", "PAMName=login", "-p", "User=\(name)", "-p", "TTYPath=/dev/pts/9"]
            try machine.enter(transient + login + ["sleep", "infinity"])
            for scope in [["--unit=machine-deb"], ["--unit=run.odd"], ["--slice=machine-x.slice"], ["--unit=tasks"]] {
                let command = ["systemd-run", "--quiet", "--scope"] + scope + ["sleep", "infinity"]
                try machine.shell("setsid \(command.joined(separator: " ")) >/dev/null 2>&1 &")
            }
            let first = try #require(machine.processes.first { $0.path == "/init.scope" })
            #expect(first.pid == 1)
            let expected = Set(
                UglyUnits.all + ["stays.socket", "run-mounted.mount", "machine-deb.scope", "tasks.scope"])
            try machine.wait(for: "every unit", until: .now + .seconds(60)) {
                let names = Set(try machine.answers.values.compactMap(\.unit))
                return expected.isSubset(of: names)
            }
        }

        @Test func `every process of a systemd full of ugly names has the identity that libsystemd gives it`() throws {
            // Named like a container's, so that from outside it is a systemd inside a container.
            let machine = try BootedMachine(
                in: folder, prefix: "lxc.payload.ot-machine", users: [Self.user.name: Self.user.uid])
            try populate(machine)
            let answers = try machine.answers
            #expect(answers.count > UglyUnits.all.count + UglyUnits.forged.count)

            // Inside, where paths begin at the machine's own root.
            let inside = try decodedByCgroup(Answer.self, machine.enter(built("otagent"), "units", "--json"))
            for (id, answer) in answers { #expect(inside[id] == answer) }

            // Outside, where all of this is in a container whose systemd has units and slices of its own.
            let outside = try decoded([Listed].self, from: otagent(["units", "--json"], in: folder).output)
            let containers = Dictionary(uniqueKeysWithValues: outside.map { ($0.cgroup.id, $0.container) })
            // One of its scopes is itself a container's, which is then the innermost.
            #expect(answers.keys.count { containers[$0]??.runtime == "nspawn" } == 1)
            for (id, answer) in answers where containers[id]??.runtime != "nspawn" {
                let container = try #require(containers[id] ?? nil)
                #expect(container.unit == answer.unit)
                // In the container's root there is nothing of its systemd to be seen.
                if container.slice != nil || answer.unit != nil { #expect(container.slice == answer.slice) }
            }
        }
    }
}

/// Objects of a JSON array by the cgroup they are about.
private func decodedByCgroup<T: Decodable>(_ type: T.Type, _ text: String) throws -> [UInt64: T] {
    let objects = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]] ?? []
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    var found: [UInt64: T] = [:]
    for object in objects {
        let id = object["cgroup_id"] ?? (object["cgroup"] as? [String: Any])?["id"]
        guard let id = id as? UInt64 else { throw Failure("no cgroup in \(object)") }
        found[id] = try decoder.decode(T.self, from: JSONSerialization.data(withJSONObject: object))
    }
    return found
}

extension BootedMachine {
    fileprivate var loginNames: String { get throws { try enter(built("login-names")) } }

    fileprivate var processes: [SystemTests.SystemdIdentity.Process] {
        get throws { try decoded([SystemTests.SystemdIdentity.Process].self, from: loginNames) }
    }

    /// What libsystemd says, by the cgroup of the processes.
    fileprivate var answers: [UInt64: SystemTests.SystemdIdentity.Answer] {
        get throws { try decodedByCgroup(SystemTests.SystemdIdentity.Answer.self, loginNames) }
    }
}
