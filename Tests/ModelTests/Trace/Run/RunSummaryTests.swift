import RunScripts
import Testing

@testable import Model

@Suite("What is shown of a run")
struct RunSummaryTests {
    private let history = RunHistory(of: RunScript.build.events)

    private func shown(_ noise: PathNoise) -> Set<String> {
        Set(RunSummary(history, noise: noise).entries.compactMap { $0.name?.path.legible })
    }

    @Test("What the system has is one line for each directory, unless it was changed")
    func system() {
        let summary = RunSummary(history)
        #expect(!shown(PathNoise()).contains { $0.hasPrefix("/usr/") || $0.hasPrefix("/dev") || $0.hasPrefix("/lib") })
        #expect(summary.groups.map(\.directory) == ["/bin", "/dev", "/lib", "/usr"])
        #expect(summary.groups.last?.counts == [.executed: 2, .input: 1, .missing: 1])
        #expect(shown(PathNoise(showsAll: true)).isSuperset(of: ["/usr/bin/make", "/dev/null"]))
        let installed = RunHistory {
            $0.make(1, "/usr/local/bin/tool")
            $0.make(1, "/dev/shm/x")
            $0.make(1, "/libx")
            $0.write(1, "/proc/self/comm")
        }
        let entries = RunSummary(installed).entries.map { $0.name?.path }
        #expect(entries == ["/dev/shm/x", "/libx", "/usr/local/bin/tool"])
    }

    @Test("Files can be ignored, and directories shown as one line")
    func noise() throws {
        let noise = PathNoise(ignored: [try PathGlob("**/*.h")], aggregated: ["/w", "/w/src"])
        let summary = RunSummary(history, noise: noise)
        #expect(summary.ignored == 4)
        #expect(summary.groups.map(\.directory).contains("/w/src"))
        #expect(!summary.entries.contains { $0.name?.path.bytes.starts(with: "/w".utf8) == true })
    }

    @Test("Two runs differ in what appeared, vanished or has other contents")
    func difference() {
        let other = RunHistory {
            $0.open(1, "/w/Makefile")
            $0.fail(1, "/w/local.mk")
            $0.make(1, "/w/app2")
        }
        let (first, second) = (RunListing(RunSummary(history)), RunListing(RunSummary(other)))
        #expect(RunDifference(from: first, to: first).lines.isEmpty)
        let lines = RunDifference(from: first, to: second).lines
        #expect(lines.contains(.init(part: .output, change: .appeared, name: "/w/app2")))
        #expect(lines.contains(.init(part: .output, change: .vanished, name: "/w/app")))
        #expect(lines.contains(.init(part: .missing, change: .appeared, name: "/w/local.mk")))
        #expect(lines.contains(.init(part: .deleted, change: .vanished, name: "/w/old")))
        #expect(!lines.contains { $0.name == "/w/Makefile" || $0.name == "/tmp/cc1.s" })
        let back = RunDifference(from: second, to: first).lines
        #expect(back.count == lines.count)
        #expect(back.count { $0.change == .vanished } == lines.count { $0.change == .appeared })

        var (old, new) = (first, first)
        old.files["/w/Makefile"]?.hashes = [.input: "aa"]
        new.files["/w/Makefile"]?.hashes = [.input: "bb"]
        #expect(
            RunDifference(from: old, to: new).lines == [.init(part: .input, change: .changed, name: "/w/Makefile")])
        new.files["/w/Makefile"]?.hashes = [:]
        #expect(RunDifference(from: old, to: new).lines.isEmpty)
    }

    // MARK: How a file came to be

    private func steps(_ name: FileName, _ runs: [RunHistory]) -> [String]? {
        FileLineage(of: name, in: runs)?.steps.map { step in
            let history = runs[step.run]
            let names = { (files: [Int]) in files.map { history.files[$0].name?.path.legible ?? "-" } }
            let command = history.command(of: step.process).map(\.legible).joined(separator: " ")
            return "\(command): \(names(step.inputs)) -> \(names(step.outputs)) ~ \(names(step.moved))"
        }
    }

    @Test("A file is followed back through its makers, renames and earlier runs")
    func lineage() throws {
        let fetch = RunHistory {
            $0.exec(1, "/usr/bin/curl", "curl", "-o", "raw.csv")
            $0.make(1, "/w/raw.part")
            $0.rename(1, "/w/raw.part", "/w/raw.csv")
        }
        let clean = RunHistory {
            $0.exec(1, "/bin/sh", "sh", "clean.sh")
            $0.fork(1, 2)
            $0.exec(2, "/usr/bin/sort", "sort", "raw.csv")
            $0.open(2, "/w/raw.csv")
            $0.make(2, "/tmp/sorted")
            $0.exit(2)
            $0.fork(1, 3)
            $0.exec(3, "/usr/bin/uniq", "uniq")
            $0.open(3, "/tmp/sorted")
            $0.make(3, "/w/clean.tmp")
            $0.open(3, "/w/late")
            $0.exit(3)
            $0.fork(1, 4)
            $0.exec(4, "/bin/mv", "mv", "clean.tmp", "clean.csv")
            $0.rename(4, "/w/clean.tmp", "/w/clean.csv")
        }
        #expect(
            steps("/w/clean.csv", [fetch, clean]) == [
                "curl -o raw.csv: [] -> [\"/w/raw.csv\"] ~ []",
                "sort raw.csv: [\"/w/raw.csv\"] -> [\"/tmp/sorted\"] ~ []",
                "uniq: [\"/tmp/sorted\"] -> [\"/w/clean.csv\"] ~ []",
                "mv clean.tmp clean.csv: [] -> [] ~ [\"/w/clean.csv\"]",
            ])
        #expect(steps("/w/clean.csv", [clean])?.count == 3)
        #expect(steps("/w/nothing", [fetch, clean]) == nil)
        #expect(steps("/w/late", [fetch, clean]) == nil)
        // What a later run did is nothing to what an earlier one made.
        #expect(steps("/w/raw.csv", [fetch, clean])?.count == 1)
    }

    @Test("A file changed in place is followed to the run that made it")
    func inPlace() {
        let first = RunHistory {
            $0.exec(1, "/bin/a", "a")
            $0.make(1, "/w/log")
        }
        let second = RunHistory {
            $0.exec(1, "/bin/b", "b")
            $0.open(1, "/w/log", RunScript.both)
            $0.write(1, "/w/log")
        }
        #expect(
            steps("/w/log", [first, second]) == ["a: [] -> [\"/w/log\"] ~ []", "b: [\"/w/log\"] -> [\"/w/log\"] ~ []"])
    }

    @Test("Two that read what the other wrote are no endless story")
    func circle() {
        let history = RunHistory {
            $0.make(1, "/w/a")
            $0.make(2, "/w/b")
            $0.open(1, "/w/b")
            $0.open(2, "/w/a")
            $0.write(1, "/w/a")
            $0.write(2, "/w/b")
        }
        #expect(steps("/w/a", [history])?.count == 2)
    }

    // MARK: What may be

    @Test("What no rule allows is a breach")
    func manifest() throws {
        let manifest = try AccessManifest(
            parsing: """
                # what a build may do
                read @system
                \tread   /w/src/**
                read /w/Makefile\r
                write /tmp/*
                write /w/app
                write /w/app.tmp
                """)
        let breaches = manifest.breaches(in: history).map { "\($0.access.rawValue) \($0.name.path.legible)" }
        #expect(
            breaches == [
                "read /w/build.log", "read /w/shared", "write /w/build.log", "write /w/notes", "write /w/notes.bak",
                "write /w/old",
                "write /w/result", "write /w/r\\xff\\x0a.txt", "write /w/shared",
            ])
        #expect(try AccessManifest(parsing: "read **\nwrite **").breaches(in: history).isEmpty)
        #expect(try AccessManifest(parsing: "").breaches(in: history).count > breaches.count)
    }

    @Test(
        "A mistake in a manifest has its place",
        arguments: [
            ("read /a\nraed /b", .unknownWord("raed", suggestion: "read"), 2, 1),
            ("  delete /b", .unknownWord("delete", suggestion: nil), 1, 3), ("read", .noGlob, 1, 5),
            ("read  \n", .noGlob, 1, 7), ("write a", .relative, 1, 7),
            ("write /[", .badGlob(PathGlob.Mistake(problem: .unclosedBracket, position: 1)), 1, 7),
        ] as [(String, AccessManifest.Mistake.Problem, Int, Int)])
    func mistakes(_ text: String, _ problem: AccessManifest.Mistake.Problem, _ line: Int, _ column: Int) {
        #expect {
            _ = try AccessManifest(parsing: text)
        } throws: { error in
            let mistake = error as? AccessManifest.Mistake
            return mistake?.problem == problem && mistake?.line == line && mistake?.column == column
        }
    }
}
