import Foundation
import Testing

extension SystemTests {
    /// What `otagent units` reads in the units' files is what systemd itself answers for `Description`.
    @Suite(.enabled(if: BootedMachine.isPossible, "systemd is not installed"))
    struct SystemdDescriptions {
        private static let user = (name: "otuser", uid: 4711)

        private struct Listed: Decodable {
            struct Cgroup: Decodable { let path: String? }
            let cgroup: Cgroup
            let description: String?
        }

        private let folder: Folder
        private let machine: BootedMachine

        init() throws {
            folder = try Folder()
            machine = try BootedMachine(in: folder, users: [Self.user.name: Self.user.uid])
        }

        /// Files as people and packages write them, by their places.
        private static let files = [
            "etc/systemd/system/desc-quoted.service": #"[Unit]\nDescription=  "Two" 'quotes' # and ; more=1  "#,
            "etc/systemd/system/desc-long.service":
                #"[Unit]\nDescription=one \\\n  two \\\n# a comment\n; another\n\tthree\\\\"#,
            "etc/systemd/system/desc-twice.service": #"[Unit]\nDescription=a\nDescription=\nDescription=b %p\n"#,
            "etc/systemd/system/desc-none.service": #"[Unit]\nDescription=a\nDescription=\n"#,
            "etc/systemd/system/desc-dos.service": #"[Unit]\r\nDescription=dos\r\n"#,
            "etc/systemd/system/desc-percent.service": #"[Unit]\nDescription=100%% of %n, 5 % and %) and %"#,
            "etc/systemd/system/desc-letter.service": #"[Unit]\nDescription=kept\nDescription=%z\n"#,
            "etc/systemd/system/desc-broken@.service": #"[Unit]\nDescription=kept\nDescription=%I\n"#,
            "etc/systemd/system/desc-spec@.service":
                "[Unit]\\nDescription=%i %I %n %N %p %P %j %J %f %H %l %u %U %h %t",
            "etc/systemd/system/desc-spec@own.service": #"[Unit]\nDescription=my own, %i\n"#,
            "usr/local/lib/systemd/system/desc-etc.service": #"[Unit]\nDescription=lower\n"#,
            "etc/systemd/system/desc-etc.service": #"[Unit]\nDescription=higher\n"#,
            "run/systemd/system/desc-run.service": #"[Unit]\nDescription=run\n"#,
            "usr/lib/systemd/system/desc-run.service": #"[Unit]\nDescription=usr\n"#,
            "usr/lib/systemd/system/desc-drop-in.service": #"[Unit]\nDescription=file\n"#,
            "etc/systemd/system/desc-drop-in.service.d/50-a.conf": #"[Unit]\nDescription=nearest for %n\n"#,
            "etc/systemd/system/desc-drop-.service.d/50-a.conf": #"[Unit]\nDescription=hidden\n"#,
            "etc/systemd/system/desc-drop-.service.d/40-b.conf": #"[Unit]\nDescription=earlier\n"#,
            "usr/lib/systemd/system/desc-drop-other.service": #"[Unit]\nDescription=file\n"#,
            "etc/systemd/system/desc-inst@.service": #"[Unit]\nDescription=template\n"#,
            "run/systemd/system/desc-inst@.service.d/a.conf": #"[Unit]\nDescription=template's drop-in for %i\n"#,
            "etc/systemd/system/desc-inst@b.service.d/b.conf": #"[Unit]\nDescription=instance's drop-in\n"#,
            "etc/systemd/system/desc-inst-x@.service": #"[Unit]\nDescription=template\n"#,
            "etc/systemd/system/desc-inst-@.service.d/c.conf": #"[Unit]\nDescription=of the template's prefix\n"#,
            "etc/systemd/system/desc-inst-@b.service.d/c.conf": #"[Unit]\nDescription=of the instance's prefix\n"#,
            "etc/systemd/system/desc.slice.d/a.conf": #"[Unit]\nDescription=a slice of ours\n"#,
            "opt/desc-linked.service": #"[Unit]\nDescription=linked\n"#,
        ]

        private static let instances = [
            "desc-spec@tty1.service", #"desc-spec@a\x20b-c.service"#, #"desc-broken@a\x2db.service"#,
            #"desc-broken@a\q.service"#, "desc-inst@a.service", "desc-inst@b.service", "desc-inst-x@b.service",
            "desc-a.slice", "desc.slice", "desc-spec@own.service", "desc-linked.service",
        ]

        /// Id, description and file of each of the units, as systemd tells.
        private func shown(_ systemctl: (String) throws -> String, _ units: [String]) throws -> [[String: String]] {
            let list = units.map { "'\($0)'" }.joined(separator: " ")
            let text = try systemctl("show --no-pager -p Id,Description,FragmentPath,LoadState -- \(list)")
            return text.components(separatedBy: "\n\n").map { block in
                var unit: [String: String] = [:]
                for line in block.split(separator: "\n") {
                    let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    if parts.count == 2 { unit[String(parts[0])] = String(parts[1]) }
                }
                return unit
            }
        }

        /// Every unit that has a file, but for templates, and those that were asked for.
        private func units(_ systemctl: (String) throws -> String, _ more: [String]) throws -> [[String: String]] {
            let files = try systemctl("list-unit-files --no-pager --no-legend").split(separator: "\n")
                .compactMap { $0.split(separator: " ").first.map(String.init) }.filter { !$0.contains("@.") }
            let loaded = try systemctl("list-units --all --plain --full --no-pager --no-legend").split(separator: "\n")
                .compactMap { $0.split(separator: " ").first.map(String.init) }
            let found = try shown(systemctl, Array(Set(files + loaded + more)).sorted())
            let described = found.filter { $0["LoadState"] == "loaded" && $0["FragmentPath"] != "" }
            let slices = found.filter { $0["Id"]?.hasSuffix(".slice") == true && $0["LoadState"] == "loaded" }
            return described + slices
        }

        /// Gives each of the units a cgroup below one of them, and compares what is said of them.
        private func compare(_ units: [[String: String]], below parent: String, atLeast: Int) throws {
            let names = Set(units.compactMap { $0["Id"] }).filter { $0 != "-.slice" && $0 != "-.mount" }
            let list = try folder.write("names-\(UUID().uuidString)", names.sorted().joined(separator: "\n") + "\n")
            try machine.shell(
                "cd /sys/fs/cgroup; mkdir -p \(parent); cd \(parent); while read -r name; do mkdir -p ./\"$name\"; done < \(list)"
            )
            let entries = try decoded([Listed].self, from: machine.enter(built("otagent"), "units", "--json"))
            let described = Dictionary(entries.map { ($0.cgroup.path ?? "", $0.description) }) { first, _ in first }
            var compared = 0
            for unit in units {
                guard let id = unit["Id"], let description = unit["Description"], names.contains(id) else { continue }
                let entry = try #require(described["/\(parent)/\(id)"])
                // Without a description systemd gives the name.
                #expect(entry ?? id == description, "\(id), \(unit["FragmentPath"] ?? "")")
                compared += 1
            }
            #expect(compared >= atLeast)
        }

        @Test func `every unit with a file is described as systemd describes it`() throws {
            for (place, text) in Self.files {
                let unescaped = text.replacing(#"\\"#, with: "\u{1}").replacing(#"\n"#, with: "\n")
                    .replacing(#"\r"#, with: "\r").replacing(#"\t"#, with: "\t").replacing("\u{1}", with: #"\"#)
                let isUnit = place.hasSuffix(".service")
                let path = folder.root.appending(path: "root/\(place)")
                try FileManager.default.createDirectory(
                    at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
                let newline = text.contains(#"\r"#) ? "\r\n" : "\n"
                try (unescaped + (isUnit ? "\(newline)[Service]\(newline)ExecStart=true\(newline)" : "")).write(
                    to: path, atomically: false, encoding: .utf8)
            }
            try machine.shell(
                """
                cp -r \(folder.path("root"))/. /
                ln -s /opt/desc-linked.service /etc/systemd/system/desc-linked.service
                systemctl daemon-reload
                systemd-run --quiet --unit=desc-transient --description='100% "of" \\ %n' sleep infinity
                systemd-run --quiet --unit=desc-plain sleep infinity
                """)
            let transient = ["desc-transient.service", "desc-plain.service"]
            let system = try units({ try machine.shell("systemctl \($0)") }, Self.instances + transient)
            for unit in Self.instances + transient {
                #expect(system.contains { $0["Id"] == unit } || unit.contains(#"\q"#), "\(unit)")
            }
            try compare(system, below: "all.slice", atLeast: 100)

            // A user's systemd, with files of the user's own.
            let (name, uid) = Self.user
            try machine.shell(
                """
                mkdir -p /run/home-\(name)/.config/systemd/user
                cp /etc/systemd/system/desc-spec* /run/home-\(name)/.config/systemd/user/
                loginctl enable-linger \(name)
                """)
            try machine.wait(for: "the user's systemd", until: .now + .seconds(30)) {
                (try? machine.enter("systemctl", "is-active", "user@\(uid).service")) != nil
            }
            func systemctl(_ command: String) throws -> String {
                try machine.enter(as: name, uid: uid, "sh", "-euc", "systemctl --user \(command)")
            }
            try compare(
                try units(systemctl, ["desc-spec@tty1.service", "desc-spec@own.service"]),
                below: "user.slice/user-\(uid).slice/user@\(uid).service/app.slice", atLeast: 10)
        }

        @Test func `the tree shows units in their slices with what they say of themselves`() throws {
            try machine.enter(
                "systemd-run", "--quiet", "--unit=web", "--slice=shop-front.slice", "--description=The shop", "sleep",
                "infinity")
            let end = try machine.enter(built("otagent"), "units", "--tree")
            let rows = end.split(separator: "\n").map { line in
                line.drop { $0.isNumber }.drop { $0 == " " }.replacing(/\s{2,}/, with: "|").description
            }
            for row in [
                "-.slice|Root Slice", "├─ shop.slice|Slice /shop", "└─ shop-front.slice|Slice /shop/front",
                "└─ web.service|The shop", "├─ init.scope|System and Service Manager",
            ] {
                #expect(rows.contains { $0.hasSuffix(row) }, "\(row) in \(end)")
            }
            #expect(try otagent(["units", "--tree", "--json"], in: folder).status == 2)
        }
    }
}
