import Foundation
import Testing

extension SystemTests {
    /// Every mistake there is, as the program tells of it.
    @Suite struct Mistakes {
        private let folder: Folder
        init() throws { folder = try Folder() }

        private static let goldens = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../AgentTests/Configuration/golden").standardized

        /// What `otagent check` says of a file in its own folder; all of it is on standard error.
        private func check(_ name: String) throws -> Finished {
            let script = """
                cd "$1" && unset OTAGENT_TEST_UNSET
                export OTAGENT_TEST_SECRET=planted-in-the-environment
                exec "$2" check --config "$3"
                """
            return try run("/bin/sh", ["-c", script, "sh", Self.goldens.path, built("otagent"), name], in: folder)
        }

        /// Compares with the file beside it; with `RECORD_GOLDEN=1` in the environment writes that file instead and fails.
        private func expectGolden(_ name: String) throws -> String {
            let end = try check(name + ".toml")
            #expect(end.status == 78 && end.output.isEmpty, "\(end.status) \(end.output)")
            let file = Self.goldens.appending(path: name + ".txt")
            if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
                try end.errors.write(to: file, atomically: true, encoding: .utf8)
                Issue.record("recorded \(name).txt: look at the difference, then run without RECORD_GOLDEN")
            }
            #expect(end.errors == (try String(contentsOf: file, encoding: .utf8)))
            return end.errors
        }

        @Test func `all mistakes of a file are told at once, each with its place and its line`() throws {
            let told = try expectGolden("mistakes")
            let problems = told.split(separator: "\n").filter { $0.hasPrefix("mistakes.toml:") }
            #expect(
                problems.count { $0.wholeMatch(of: /mistakes\.toml:[0-9]+:[0-9]+: (error|warning): .+/) != nil } >= 60)
            // Different ones: no two sentences are the same but for the words in quotes.
            let kinds = Set(problems.map { $0.split(separator: ": ", maxSplits: 2).last ?? "" })
            #expect(kinds.count >= 60)
        }

        @Test(arguments: ["quote", "twice", "secret", "bare", "nothing", "shapes"])
        func mistakesThatExcludeOthersAreToldAlone(name: String) throws {
            let told = try expectGolden(name)
            #expect(told.hasPrefix("\(name).toml:"))
        }

        @Test func `no secret of the files is in what is said of them`() throws {
            let files = try FileManager.default.contentsOfDirectory(atPath: Self.goldens.path)
                .filter { $0.hasSuffix(".toml") }
            #expect(files.count >= 7)
            for file in files {
                let text = try String(contentsOf: Self.goldens.appending(path: file), encoding: .utf8)
                if ["mistakes.toml", "secret.toml"].contains(file) { #expect(text.contains("planted-")) }
                let end = try check(file)
                #expect(!(end.errors + end.output).contains("planted"), "\(file)")
            }
        }
    }
}
