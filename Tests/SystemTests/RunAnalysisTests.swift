import Foundation
import Glibc
import Testing

extension SystemTests {
    /// What is said of a real run: a small build.
    @Suite struct RunAnalysis {
        let traced: Traced
        private var folder: Folder { traced.folder }
        /// As the kernel has it.
        private var root: String { folder.root.resolvingSymlinksInPath().path }

        init() throws {
            traced = try Traced()
            try FileManager.default.createDirectory(atPath: folder.path("src"), withIntermediateDirectories: false)
            try folder.write("src/a b.c", "#include \"a.h\"\nint main(void) { return ZERO; }\n")
            try folder.write("src/a.h", "#define ZERO 0\n")
            try folder.write("notes", "old\n")
            try folder.write(
                "build.sh",
                """
                set -e
                cc -MMD -MF cc.d -c -o a.o 'src/a b.c'
                cc -o app.tmp a.o
                mv app.tmp app
                rm a.o
                echo more >> notes
                test ! -e absent
                cat missing || true
                """)
        }

        private func trace(_ name: String = "t.jsonl") throws {
            let end = try traced(
                "exec", "--ops", "all", "--format", "jsonl", "-o", name, "--strict", "--", "sh", "build.sh")
            try #require(end.status == 0, "\(end.errors)")
        }

        private func says(_ arguments: String...) throws -> String {
            let end = try run("/usr/bin/env", ["-C", folder.root.path, try built("opentrace")] + arguments, in: folder)
            try #require(end.status == 0, "\(arguments): \(end.errors)")
            return end.output
        }

        private struct Summary: Decodable {
            struct File: Decodable {
                struct Contents: Decodable { let sha256: String? }
                let path: String?
                let `class`: String
                let input: Bool
                let before: Contents?
                let after: Contents?
            }
            let files: [File]
        }

        @Test func `each file of a build is what it is to it`() throws {
            try trace()
            let summary = try decoded(Summary.self, from: try says("summary", "--json", "t.jsonl"))
            func classes(_ names: String...) -> [String?] {
                names.map { name in summary.files.first { $0.path == "\(root)/\(name)" }?.class }
            }
            #expect(classes("src/a b.c", "src/a.h", "build.sh") == ["input", "input", "input"])
            #expect(classes("app", "cc.d") == ["created", "created"])
            #expect(classes("a.o", "notes", "missing", "absent") == ["intermediate", "modified", "missing", nil])
            #expect(classes("app.tmp") == [nil])
            #expect(!summary.files.contains { $0.path?.hasPrefix("/usr/") == true })
        }

        @Test func `the rule for make has what the compiler says itself`() throws {
            try trace()
            let compiler = try traced.text("cc.d").replacing("\\\n", with: " ").split(separator: ":")
            let headers = try #require(compiler.last).split(separator: "\n")[0].replacing("\\ ", with: "\u{1}")
                .split(separator: " ").map { $0.replacing("\u{1}", with: " ") }
            let rule = try says(
                "convert", "t.jsonl", "--to", "make", "--target", "a.o", "--relative-to", ".", "--ignore", "/**/notes",
                "--ignore", "/**/build.sh", "--ignore", "/tmp/cc*", "--ignore", "/root/**")
            let lines = rule.split(separator: "\n").map(String.init)
            #expect(lines.first == "a.o: \\")
            let prerequisites = lines.dropFirst().filter { $0.hasPrefix(" ") }.map {
                $0.dropFirst().replacing(" \\", with: "").replacing("\\ ", with: " ")
            }
            #expect(Set(prerequisites) == Set(headers))
        }

        @Test func `make builds again when, and only when, what was read has changed`() throws {
            try trace()
            try folder.write(
                "rules.mk",
                try says(
                    "convert", "t.jsonl", "--to", "make", "--relative-to", ".", "--target", "app", "--ignore",
                    "/**/notes"))
            try folder.write("Makefile", "app:\n\tsh build.sh\ninclude rules.mk\n")
            func isFresh() throws -> Bool {
                let end = try run("/usr/bin/make", ["-q", "-C", folder.root.path], in: folder)
                try #require(end.status < 2, "\(end.errors)")
                return end.status == 0
            }
            #expect(try isFresh())
            try FileManager.default.setAttributes([.modificationDate: Date() + 5], ofItemAtPath: folder.path("src/a.h"))
            #expect(try !isFresh())
        }

        @Test func `a file is explained back to its sources`() throws {
            try trace()
            let lines = try says("how", "app", "t.jsonl").split(separator: "\n").map(String.init)
            #expect(lines.first?.contains("(read: \(root)/src/a b.c, \(root)/src/a.h)") == true, "\(lines)")
            #expect(lines.last == "Ran mv app.tmp app, which renamed \(root)/app.tmp to \(root)/app")
            let nothing = try traced("how", "src/a.h", "t.jsonl")
            #expect(nothing.status == 1)
            #expect(nothing.errors.contains("does not show how"))
        }

        @Test func `two builds of the same are the same, and a new header shows`() throws {
            try trace()
            try trace("second.jsonl")
            // The second build finds what the first has left: what was created is then modified or replaced, and an output both times.
            let ignored = ["--ignore", "/tmp/cc*", "--ignore", "\(root)/cc.d"]
            let same = try run(
                "/usr/bin/env",
                ["-C", folder.root.path, try built("opentrace"), "diff", "t.jsonl", "second.jsonl"]
                    + ignored, in: folder)
            #expect(same.status == 0, "\(same.output)\(same.errors)")
            try folder.write("src/b.h", "")
            try folder.write("src/a.h", "#include \"b.h\"\n#define ZERO 0\n")
            try trace("third.jsonl")
            let other = try run(
                "/usr/bin/env",
                ["-C", folder.root.path, try built("opentrace"), "diff", "t.jsonl", "third.jsonl"]
                    + ignored, in: folder)
            #expect(other.status == 1)
            #expect(other.output == "+ input \(root)/src/b.h\n")
            #expect(try traced("diff", "t.jsonl", "nothing").status == 2)
        }

        @Test func `what a manifest does not allow ends the check with 1`() throws {
            try trace()
            try folder.write(
                "allow",
                "read @system\nread /root/**\nread \(root)/**\nwrite /tmp/cc*\nwrite \(root)/**\nwrite /dev/**\n")
            #expect(try says("check", "--allow", "allow", "t.jsonl") == "")
            try folder.write("allow", "read **\nwrite /tmp/cc*\nwrite /dev/**\nwrite \(root)/{a.o,*}\n")
            let strict = try traced("check", "--allow", "allow", "t.jsonl")
            #expect(strict.status == 1)
            #expect(strict.output.contains("write \(root)/notes by sh "), "\(strict.output)")
            try folder.write("allow", "read **\nwrte /\n")
            let mistaken = try traced("check", "--allow", "allow", "t.jsonl")
            #expect(mistaken.status == 2)
            #expect(
                mistaken.errors
                    == "opentrace: allow:2:1: there is no rule \"wrte\"; did you mean \"write\"?\n  wrte /\n  ^\n")
        }

        @Test func `a check that cannot tell is not taken for a good one`() throws {
            let row = #"{"pid":1,"cgid":1,"comm":"c","kind":"openat","flags":0,"mode":0,"path":"/w/a","return":3}"#
            try folder.write("allow", "read /w/**\n")
            try folder.write("whole", row + "\n")
            try folder.write("cut", row + "\n" + row.prefix(20))
            try folder.write("empty", "")
            try folder.write("header", "pid,cgid,comm,kind,flags,mode,filename,return\n")
            try folder.write("wrong", "hello\n")
            let end = Self.loss(1)
            try folder.write("lost", row + "\n" + end + "\n")
            try folder.write("lost.json", "[\n" + row + ",\n" + end + "\n]\n")
            let nothing = "there is no row in it: nothing can be said\n"
            let cases: [(allow: String, trace: String, status: Int32, errors: String)] = [
                ("allow", "whole", 0, ""),
                ("allow", "cut", 1, "opentrace: cut: was cut off, so this is about what is left of it only\n"),
                (
                    "allow", "lost", 1,
                    "opentrace: lost: not everything is in this trace: 1 lost because the buffer was full"
                ),
                (
                    "allow", "lost", 1,
                    "opentrace: lost: rows of it were lost, so this is about what is left of it only\n"
                ),
                ("allow", "lost.json", 1, "rows of it were lost"),
                ("allow", "empty", 2, "opentrace: empty: " + nothing),
                ("allow", "header", 2, "opentrace: header: " + nothing),
                ("allow", "wrong", 2, "this is no trace"),
                ("allow", "nothing", 2, "opentrace: nothing: cannot be read: No such file or directory\n"),
                ("nothing", "whole", 2, "opentrace: cannot read nothing: No such file or directory\n"),
                (".", "whole", 2, "opentrace: cannot read .: Is a directory\n"),
            ]
            for (allow, trace, status, errors) in cases {
                let end = try traced("check", "--allow", allow, trace)
                #expect(end.status == status, "\(allow) \(trace): \(end.errors)")
                #expect(errors.isEmpty ? end.errors.isEmpty : end.errors.contains(errors), "\(end.errors)")
                #expect(end.output == "")
            }
            let twice = try traced("diff", "-", "-")
            #expect(twice.status == 2)
            #expect(twice.errors.contains("there is only one standard input"))
        }

        @Test(.enabled(if: installed("python3") != nil, "python3 is not installed"))
        func `two files that are exchanged both live on`() throws {
            try folder.write("one", "1")
            try folder.write("two", "2")
            let script = "import ctypes; exit(ctypes.CDLL(None).renameat2(-100, b'one', -100, b'two', 2))"
            let end = try traced(
                "exec", "--ops", "all", "--format", "jsonl", "-o", "t.jsonl", "--", "python3", "-c", script)
            try #require(end.status == 0, "\(end.errors)")
            let summary = try decoded(Summary.self, from: try says("summary", "--json", "t.jsonl"))
            let classes = ["one", "two"].map { name in summary.files.first { $0.path == "\(root)/\(name)" }?.class }
            #expect(classes == ["replaced", "replaced"])
        }

        /// The end of a trace that lost so many events, which no test can bring about whenever it likes.
        private static func loss(_ dropped: Int) -> String {
            let absent = [
                "filename", "fname", "return", "time", "ppid", "uid", "unit", "path", "created", "via", "dev", "ino",
                "target", "target_path", "resolved", "root", "container", "argv", "argv_truncated", "opcode",
            ]
            return #"{"pid":0,"cgid":0,"comm":"","kind":"lost","flags":0,"mode":0,"tid":0,"op":"lost","#
                + absent.map { "\"\($0)\":null," }.joined() + #""lost":{"dropped":\#(dropped),"missed_runs":null,"#
                + #""unwritten":0,"unread":0,"unknown_results":0,"unresolved_paths":0,"unfollowed":0}}"#
        }

        @Test func `what was lost goes with the trace into every other form that has a place for it`() throws {
            let row = #"{"pid":1,"cgid":1,"comm":"c","kind":"openat","flags":0,"mode":0,"path":"/w/a","return":3}"#
            try folder.write("t.jsonl", "\(row)\n\(Self.loss(7))\n")
            for form in ["json", "jsonl"] {
                let copy = try traced("convert", "t.jsonl", "--to", form, "-o", "copy.\(form)")
                #expect(copy.status == 0)
                #expect(copy.errors.contains("t.jsonl: not everything is in this trace: 7 lost"), "\(copy.errors)")
                let told = try traced("summary", "copy.\(form)")
                #expect(told.status == 0)
                #expect(told.errors.contains("copy.\(form): not everything is in this trace: 7 lost"))
            }
            let summary = try traced("summary", "--json", "t.jsonl")
            #expect(summary.output.contains(#""lost":{"dropped":7,"missed_runs":null,"#))
            try folder.write("summary.json", summary.output)
            // Nothing differs, but who knows.
            for trace in ["t.jsonl", "copy.json", "summary.json"] {
                let difference = try traced("diff", "t.jsonl", trace)
                #expect(difference.status == 2)
                #expect(difference.errors.contains("nothing differs in what is there, and not all is there"))
            }
            try folder.write("b.jsonl", row.replacing("/w/a", with: "/w/b") + "\n")
            #expect(try traced("diff", "t.jsonl", "b.jsonl").status == 1)
        }

        @Test func `exec holds the command against a manifest, and its own end comes first`() throws {
            try folder.write(
                "allow", "read @system\nread /root/**\nread \(root)/**\nwrite \(root)/made\nwrite /dev/**\n")
            let kept = try traced("exec", "--check", "allow", "--", "sh", "-c", "cat notes > made")
            #expect(kept.status == 0, "\(kept.errors)")
            #expect(!kept.errors.contains("does not allow"))
            let broken = try traced("exec", "--check", "allow", "--", "sh", "-c", "cat notes > other")
            #expect(broken.status == 1)
            #expect(
                broken.errors.contains("opentrace: the command did what allow does not allow:\nwrite \(root)/other by ")
            )
            #expect(broken.output == "")
            // The rows are those of opens all the same.
            #expect(try traced.rows(with: "\"other\"").count == 1)
            let failed = try traced("exec", "--check", "allow", "--", "sh", "-c", "cat notes > other; exit 7")
            #expect(failed.status == 7)
            #expect(failed.errors.contains("does not allow"))
            let killed = try traced("exec", "--check", "allow", "--", "sh", "-c", "cat notes > other; kill -9 $$")
            #expect(killed.status == -SIGKILL)
            // A mistake is found before anything happens.
            try folder.write("wrong", "write\n")
            for manifest in ["wrong", "nowhere", "."] {
                let end = try traced("exec", "--check", manifest, "--", "touch", "touched")
                #expect(end.status == 2, "\(end.errors)")
                #expect(!traced.isThere("touched"))
            }
        }

        @Test func `under sudo what is converted is the caller's`() throws {
            try trace()
            for form in ["csv", "json", "sqlite", "dot"] {
                let end = try traced(
                    "convert", "t.jsonl", "--to", form, "-o", "out.\(form)",
                    environment: ["SUDO_UID": "1", "SUDO_GID": "2", "SUDO_USER": "daemon"])
                #expect(end.status == 0, "\(end.errors)")
                var status = stat()
                try #require(stat(folder.path("out.\(form)"), &status) == 0)
                #expect([status.st_uid, status.st_gid] == [1, 2])
            }
        }

        @Test func `arguments that are cut say so`() throws {
            let long = String(repeating: "x", count: 5000)
            let end = try traced(
                "exec", "--ops", "exec", "--format", "json", "-o", "t.json", "--", "sh", "-c",
                "true; /bin/true y; /bin/true \(long)")
            try #require(end.status == 0, "\(end.errors)")
            struct Row: Decodable {
                let argv: [String]?
                let argvTruncated: Bool?
            }
            let rows = try decoded([Row].self, from: try traced.text("t.json"))
            #expect(rows.map(\.argvTruncated) == [true, false, true])
            #expect(rows.last?.argv?.last?.utf8.count == 4096 - "/bin/true\0".utf8.count)
            #expect(try says("convert", "t.json", "--to", "jsonl").contains(#""argv_truncated":true"#))
        }

        @Test func `exec says at its end what the command read and made, with hashes`() throws {
            let end = try traced("exec", "--summary", "--tree", "--hash", "all", "--", "sh", "build.sh")
            #expect(end.status == 0, "\(end.errors)")
            let sums = try run("/usr/bin/env", ["-C", folder.root.path, "sha256sum", "app", "src/a.h"], in: folder)
                .output
            for line in sums.split(separator: "\n") {
                let sum = try #require(line.split(separator: " ").first)
                #expect(end.errors.contains("sha256 \(sum)"), "\(end.errors)")
            }
            #expect(end.errors.contains("└─ "))
            #expect(!end.errors.contains("changed since"))
            #expect(end.errors.contains(" 0 lost"))
            // The rows are what they are without it.
            let rows = try traced.text("trace.csv").split(separator: "\n")
            #expect(rows.first == "pid,cgid,comm,kind,flags,mode,filename,return")
            #expect(rows.dropFirst().allSatisfy { $0.contains(",openat,") || $0.contains(",open,") })
        }

        @Test(.enabled(if: Schema.canValidate, "python3 has no jsonschema"))
        func `the summary and the rows are what their schemas say`() throws {
            try trace()
            let lines = try traced.text("t.jsonl").split(separator: "\n") + [Substring(Self.loss(7))]
            let rows = try folder.write("t.json", "[" + lines.joined(separator: ",") + "]\n")
            let valid = try Schema.validate(linesOf: rows, by: "opentrace.trace-1.json", in: folder)
            #expect(valid.status == 0, "\(valid.errors)")
            try folder.write("t.jsonl", lines.joined(separator: "\n") + "\n")
            let text = try says("convert", "t.jsonl", "--to", "summary-json", "--hash", "all", "--all-files")
            let file = try folder.write("summary.json", text)
            let validated = try Schema.validate(linesOf: file, by: "opentrace.summary-1.json", in: folder)
            #expect(validated.status == 0, "\(validated.errors)")
        }

        @Test func `a file that is there is replaced only when that is asked for`() throws {
            try trace()
            for form in ["sqlite", "dot"] {
                try folder.write("there", "mine")
                let refused = try traced("convert", "t.jsonl", "--to", form, "-o", "there")
                #expect(refused.status == 2)
                #expect(refused.errors.contains("there is there already"))
                #expect(try traced.text("there") == "mine")
                #expect(try traced("convert", "t.jsonl", "--to", form, "-o", "there", "--force").status == 0)
                #expect(try Data(contentsOf: URL(filePath: folder.path("there"))).count > 4)
            }
            #expect(try traced("convert", "t.jsonl", "--to", "sqlite").status == 2)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.root.path)
            #expect(!left.contains { $0.hasSuffix(".tmp") })
        }

        @Test(.enabled(if: ExportTools.areThere, "make export-tools"))
        func `graphviz, a crate's validator, PROV's own library and SQLite take what is exported`() throws {
            try trace()
            _ = try says("convert", "t.jsonl", "--to", "dot", "-o", "run.dot")
            let drawn = try run("/usr/bin/dot", ["-Tsvg", folder.path("run.dot")], in: folder)
            #expect(drawn.status == 0, "\(drawn.errors)")
            #expect(drawn.output.contains("a b.c</text>"))
            #expect(drawn.errors == "")

            try FileManager.default.createDirectory(atPath: folder.path("crate"), withIntermediateDirectories: false)
            _ = try says(
                "convert", "t.jsonl", "--to", "ro-crate", "--hash", "all", "-o", "crate/ro-crate-metadata.json")
            _ = try says("convert", "t.jsonl", "--to", "prov-json", "--hash", "all", "-o", "run.prov.json")
            _ = try says("convert", "t.jsonl", "--to", "sqlite", "-o", "run.sqlite")
            for (script, file) in [("crate", "crate"), ("provenance", "run.prov.json"), ("database", "run.sqlite")] {
                let checked = try run(
                    ExportTools.python, ["-B", ExportTools.script(script), folder.path(file), root], in: folder)
                #expect(checked.status == 0, "\(script): \(checked.errors)")
            }
        }
    }
}

/// What exports are held against; `make export-tools` installs it.
enum ExportTools {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    static let python = root.appending(path: ".build/exports/venv/bin/python").path
    static func script(_ name: String) -> String { root.appending(path: "Tests/Exports/\(name).py").path }

    static var areThere: Bool {
        [python, "/usr/bin/dot"].allSatisfy(FileManager.default.isExecutableFile)
    }
}
