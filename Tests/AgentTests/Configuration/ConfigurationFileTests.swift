import Foundation
import Testing

@testable import Agent

@Suite struct ConfigurationFileTests {
    private func problems(_ bytes: [UInt8]) -> [String] {
        ConfigurationFile.parse(bytes: bytes, path: "f", environment: [:]).problems.map(\.rendered)
    }

    @Test(
        arguments: [
            ([0xFF], "f:1:1: error: the file is not UTF-8"),
            (Array("# é\n[agent]\nx = \"".utf8) + [0xE9, 0x22], "f:3:6: error: the file is not UTF-8"),
            // A replacement character of the file's own is not where it goes wrong.
            (Array("# \u{FFFD}\r\n\u{FFFD}".utf8) + [0xC3], "f:2:2: error: the file is not UTF-8"),
            (Array("[agent]\nx\0".utf8), "f:2:2: error: the file contains a NUL character"),
        ] as [([UInt8], String)])
    func bytesThatAreNotTextAreToldWithTheirPlace(bytes: [UInt8], rendered: String) {
        #expect(problems(bytes) == [rendered])
    }

    @Test func aFileOfOneMebibyteIsReadAndABiggerOneIsRefused() {
        let output = Array(anOutput.utf8)
        let largest = output + Array(repeating: UInt8(ascii: "#"), count: (1 << 20) - output.count)
        #expect(problems(largest) == [])
        let refusal = "f:1:1: error: the file is bigger than 1MiB: this is not a configuration"
        #expect(problems(largest + [UInt8(ascii: "#")]) == [refusal])
    }

    @Test func whatIsFarTooMuchToReadIsCounted() {
        let text = anOutput + "[agent]\n" + (100..<1000).map { "x\($0) = 1\n" }.joined()
        let shown = ConfigurationFile.parse(text: text, path: "f", environment: [:]).problems
        #expect(shown.count == 101)
        #expect(shown.first?.rendered == "f:4:1: error: unknown key 'x100' in [agent]\n    x100 = 1\n    ^")
        #expect(shown.last?.rendered == "f:104:1: error: and 800 more problems from here on")
    }

    @Test func aLineNobodyWroteIsNotShown() {
        let text = anOutput + "[agent]\nx = \"" + String(repeating: "y", count: 5000) + "\"\n"
        let shown = ConfigurationFile.parse(text: text, path: "f", environment: [:]).problems
        #expect(shown.map(\.rendered) == ["f:4:1: error: unknown key 'x' in [agent]"])
    }

    @Test func warningsLeaveTheSettingsAndErrorsDoNot() {
        let warned = ConfigurationFile.parse(
            text: anOutput + "[containers]\nnames = false\nstate_dirs = [\"/x\"]\n", path: "f", environment: [:])
        #expect(warned.problems.map(\.severity) == [.warning])
        #expect(warned.settings?.containers.names == false)
        let wrong = ConfigurationFile.parse(text: anOutput + "[agent]\nx = 1\n", path: "f", environment: [:])
        #expect(wrong.problems.map(\.severity) == [.error])
        #expect(wrong.settings == nil)
    }

    @Test func filesAreReadFromDisk() throws {
        let directory = URL(filePath: NSTemporaryDirectory()).appending(path: "configuration-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "agent.toml")
        try Data(DefaultConfiguration.text.utf8).write(to: file)
        let good = ConfigurationFile.read(path: file.path, environment: [:])
        #expect(good.problems == [])
        #expect(good.settings?.outputs.map(\.name) == ["terminal"])

        try Data(repeating: UInt8(ascii: "\n"), count: 3 << 20).write(to: file)
        let huge = ConfigurationFile.read(path: file.path, environment: [:])
        let refusal = "the file is bigger than 1MiB: this is not a configuration"
        #expect(huge.problems.map(\.sentence) == [refusal])
    }

    @Test(
        arguments: [
            ("/nonexistent/agent.toml", "cannot be read: No such file or directory"),
            (NSTemporaryDirectory(), "cannot be read: Is a directory"),
        ])
    func whatCannotBeReadIsTold(path: String, sentence: String) {
        let result = ConfigurationFile.read(path: path, environment: [:])
        #expect(result.settings == nil)
        #expect(result.problems.map(\.rendered) == ["\(path):1:1: error: \(sentence)"])
    }

    @Test(arguments: [0, 1, 7, 100, 1000])
    func cutOffAnywhereTheDefaultsNeverFailSilently(step: Int) {
        let scalars = Array(DefaultConfiguration.text.unicodeScalars)
        for length in stride(from: step, to: scalars.count, by: 97) {
            let text = String(String.UnicodeScalarView(scalars[..<length]))
            let result = ConfigurationFile.parse(text: text, path: "f", environment: [:])
            #expect((result.settings == nil) == result.problems.contains { $0.severity == .error })
        }
    }
}
