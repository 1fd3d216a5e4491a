import ArgumentParser
import Model
import Render
import Testing
import Tracer

@testable import opentrace

/// The command line, from words to what is meant.
@Suite struct ArgumentTests {
    private func exec(_ words: [String]) throws -> Exec {
        try #require(try OpenTrace.parseAsRoot(["exec"] + words) as? Exec)
    }

    private func all(_ words: [String]) throws -> All {
        try #require(try OpenTrace.parseAsRoot(["all"] + words) as? All)
    }

    /// What a person is told of words that cannot be meant; they end with 2.
    private func complaint(_ words: [String]) -> String? {
        do {
            _ = try OpenTrace.parseAsRoot(words)
            return nil
        } catch {
            return OpenTrace.exitCode(for: error) == .validationFailure ? OpenTrace.fullMessage(for: error) : "\(error)"
        }
    }

    // MARK: https://patrick.sirref.org/open-trace/

    @Test func `the seed's commands mean what they meant there`() throws {
        let first = try all(["--flags=O_WRONLY"])
        #expect(first.options.flags == .atom(.access(.writeOnly)))
        #expect(first.options.format == .csv)

        let second = try exec(["--format=json", "--flags=O_CREAT", "--", "opam", "list"])
        #expect(second.command == ["opam", "list"])
        #expect(second.options.format == .json)
        #expect(second.options.flags == .atom(.flag(.create)))

        let third = try exec(["--flags=O_WRONLY|O_RDONLY", "--", "ocaml", "--version"])
        #expect(third.command == ["ocaml", "--version"])

        let fourth = try exec(["--cgroups", "--flags=O_CREAT|O_TRUNC", "./main.exe"])
        #expect(fourth.command == ["./main.exe"])
        #expect(fourth.cgroups)

        #expect(try exec(["--", "forester", "build"]).command == ["forester", "build"])
    }

    @Test(arguments: [
        (["ls", "--flags=X", "-o", "x"], ["ls", "--flags=X", "-o", "x"]),
        (["ls", "--help"], ["ls", "--help"]),
        (["make", "--", "all"], ["make", "--", "all"]),
        (["--", "--", "x"], ["--", "x"]),
        (["--", "-odd"], ["-odd"]),
        (["--wide", "git", "-C", "/x", "--version"], ["git", "-C", "/x", "--version"]),
        (["sh", "-c", ""], ["sh", "-c", ""]),
    ])
    func `what follows the first word that is no option is the command's`(words: [String], command: [String]) throws {
        #expect(try exec(words).command == command.map { ByteString($0) })
        #expect(try exec(words).options.output == nil)
    }

    @Test(arguments: [
        (["exec"], "a command is missing: opentrace exec [<options>] [--] <command> [<argument> ...]"),
        (["exec", "--"], "a command is missing"),
        (["exec", ""], "the name of the command is empty"),
        (["exec", "--falgs=O_CREAT", "ls"], "there is no option '--falgs'; did you mean '--flags'?"),
        (["exec", "--zzzz", "ls"], "there is no option '--zzzz'; the command's own stand behind it"),
        (["exec", "--ops", "opne", "ls"], "there is no operation 'opne'; did you mean 'open'?"),
        (["all", "--ops", "open,"], "there is no operation ''"),
        (["all", "--format", "jason"], "there is no format 'jason'; did you mean 'json'?"),
        (["all", "--duration", "10"], "write a time with its unit, such as 10s, 5m or 1h30m"),
        (["all", "--duration", "0s"], "write a time with its unit"),
        (["all", "--buffer", "1KiB"], "write a size from 64KiB to 1GiB, such as 8MiB"),
        (["all", "--pid", "0"], "a process has a number"),
        (["all", "--uid", "no such user"], "there is no user 'no such user'"),
        (["all", "--path", "/etc/["], "nothing closes the \"[\" at byte 6"),
        (["all", "--path", ""], "it is empty; \"*\" is any name"),
        (["all", "--comm", "x\\"], "nothing follows the \"\\\" at its end"),
        (["all", "--ops", "write", "--flags", "O_CREAT"], "are about opens, which --ops leaves out"),
        (["all", "--force"], "--force is about the file that --output names"),
        (["all", "--force", "-o", "-"], "--force is about the file that --output names"),
        (["all", "-o", ""], "--output needs the name of a file, or - for standard output"),
        (["exec", "--leftover", "keep", "ls"], "'leave', 'wait' or 'kill'"),
        (["all", "--flags", "O_WRONLY & O_CRAET"], "  O_WRONLY & O_CRAET\n             ^"),
    ])
    func `a mistake is told in words that help`(words: [String], sentence: String) throws {
        let told = try #require(complaint(words))
        #expect(told.contains(sentence), "\(told)")
    }

    @Test func `conditions are what the kernel and opentrace are asked for`() throws {
        let request = try all([
            "--flags", "O_CREAT", "--writes", "--failed", "--uid", "0", "--path", "/etc/**", "--comm", "vi*", "--ops",
            "open,delete",
        ]).options.request
        #expect(request.wholeFormula == .all([.atom(.flag(.create)), .atom(.property(.write))]))
        let selection = request.selection(of: .host)
        #expect(selection.operations == [.open, .delete])
        #expect(selection.onlyFailures)
        #expect(selection.uid == 0)
        #expect(selection.wantsPaths)
        #expect(selection.opens != nil)
        #expect(request.filter.formula == nil)
        #expect(request.filter.path?.text == "/etc/**")
        #expect(request.filter.comm?.text == "vi*")
    }

    @Test func `all operations are a word`() throws {
        #expect(try all(["--ops", "all"]).options.ops == Set(TraceOperation.allCases))
        #expect(try all(["--ops", "open,all"]).options.ops == Set(TraceOperation.allCases))
        #expect(try all(["--ops", "open,shared_map"]).options.ops == [.open, .sharedMap])
    }

    @Test(arguments: [("auto", false), ("always", true), ("never", false)])
    func `colours are as asked for where rows go to no terminal`(word: String, isColoured: Bool) throws {
        let output = try TraceOutput.open("/dev/null", owner: nil, existing: .refuse)
        #expect(ColorChoice(rawValue: word)?.applies(to: output, environment: ["TERM": "xterm"]) == isColoured)
    }

    // MARK: Helps

    @Test(arguments: ["", "all", "exec", "summary", "tree", "diff", "how", "check", "convert"])
    func `the help is as it was reviewed`(command: String) throws {
        let help =
            switch command {
            case "all": OpenTrace.helpMessage(for: All.self, columns: 100)
            case "exec": OpenTrace.helpMessage(for: Exec.self, columns: 100)
            case "summary": OpenTrace.helpMessage(for: Summary.self, columns: 100)
            case "tree": OpenTrace.helpMessage(for: Tree.self, columns: 100)
            case "diff": OpenTrace.helpMessage(for: Diff.self, columns: 100)
            case "how": OpenTrace.helpMessage(for: How.self, columns: 100)
            case "check": OpenTrace.helpMessage(for: Check.self, columns: 100)
            case "convert": OpenTrace.helpMessage(for: Convert.self, columns: 100)
            default: OpenTrace.helpMessage(columns: 100)
            }
        try expectGolden(help + "\n", "help\(command.isEmpty ? "" : "-\(command)").txt")
    }

    @Test(arguments: ["host", "exec", "filters"]) func `what is tested where is explained`(name: String) throws {
        let (request, scope): (TraceRequest, TraceSelection.Scope) =
            switch name {
            case "exec": (try exec(["--wide", "ls"]).options.request, .children(cgroup: nil))
            case "filters":
                (
                    try all([
                        "--flags", "O_CREAT|FAILED", "--created", "--uid", "0", "--failed", "--path", "/etc/*",
                        "--comm",
                        "c*", "--unit", "*.service", "--container", "web", "--ops", "open,write",
                    ]).options.request, .process(42)
                )
            default: (try all([]).options.request, .host)
            }
        var fixed = request
        fixed.architecture = .x86_64
        try expectGolden(TraceExplanation(fixed, of: scope).text, "explain-\(name).txt")
    }
}
