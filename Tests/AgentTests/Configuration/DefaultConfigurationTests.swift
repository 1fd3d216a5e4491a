import Export
import Foundation
import Testing

@testable import Agent

/// The top of the repository.
private let top = URL(filePath: #filePath).appending(path: "../../../..").standardized

@Suite struct DefaultConfigurationTests {
    @Test func theFileInTheRepositoryIsTheTextInTheProgram() throws {
        let file = try Data(contentsOf: top.appending(path: "config/agent.toml"))
        #expect(Array(file) == Array(DefaultConfiguration.text.utf8))
    }

    @Test func itSaysNothingButTheDefaults() throws {
        #expect(problems(DefaultConfiguration.text).isEmpty)
        var expected = Settings()
        expected.outputs = [OutputSettings(name: "terminal", kind: .stdout(StdoutOptions()))]
        #expect(try settings(DefaultConfiguration.text) == expected)
    }

    @Test func whatIsCommentedOutIsTheDefaultsToo() throws {
        let lines = DefaultConfiguration.text.split(separator: "\n").map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") && line != "#" ? line.dropFirst() : line
        }
        let settings = try settings(lines.joined(separator: "\n"))
        let collector = HTTPOptions(url: "https://collector.example/ingest")
        let local = FileOptions(path: "/var/log/otagent/activity.ndjson")
        var watch = WatchSettings()
        watch.slice = "system.slice"
        watch.paths = ["/etc/**"]
        watch.allow = ["/usr/bin/dpkg", "unit:apt-daily*.service", "comm:puppet", "uid:0"]
        var expected = Settings()
        expected.outputs = [
            OutputSettings(name: "terminal", kind: .stdout(StdoutOptions())),
            OutputSettings(name: "collector", kind: .http(collector)),
            OutputSettings(name: "local", kind: .file(local)),
        ]
        expected.watch = [watch]
        #expect(settings == expected)
    }

    @Test func everyKeyIsInItWithItsDefault() {
        for key in KeySpecification.all {
            let value = key.name == "ops" || key.name == "format" ? "" : key.defaultText ?? ""
            // The list of paths and the like are shown with examples.
            let shown = key.section == .watch ? "\(key.name) = " : "\(key.name) = \(value)"
            #expect(DefaultConfiguration.text.contains(shown), "\(key.name)")
        }
    }

    @Test func theDefaultsOfTheKeyTableAreThoseOfTheSettings() throws {
        var text = ""
        for kind in SectionKind.allCases where !kind.rawValue.hasPrefix("outputs") {
            text += "\(kind.header)\n"
            for key in KeySpecification.keys(of: kind) {
                text += "\(key.name) = \(try Self.value(key, type: ""))\n"
            }
            if kind == .watch { text = text.replacing("slice = \"\"", with: "slice = \"s\"") }
        }
        let required = ["url": "\"http://x/\"", "path": "\"/x\""]
        for type in KeySpecification.outputTypes {
            for kind in [SectionKind.output, .outputTLS, .outputRetry, .outputSpool] {
                let keys = KeySpecification.keys(of: kind).filter { $0.types.isEmpty || $0.types.contains(type) }
                guard !keys.isEmpty else { continue }
                text += kind.header.replacing("NAME", with: type) + "\n"
                for key in keys {
                    let value = key.name == "type" ? "\"\(type)\"" : required[key.name]
                    text += "\(key.name) = \(try value ?? Self.value(key, type: type))\n"
                }
            }
        }
        var expected = Settings()
        var watch = WatchSettings()
        watch.slice = "s"
        expected.watch = [watch]
        expected.outputs = [
            OutputSettings(name: "http", kind: .http(HTTPOptions(url: "http://x/"))),
            OutputSettings(name: "file", kind: .file(FileOptions(path: "/x"))),
            OutputSettings(name: "stdout", kind: .stdout(StdoutOptions())),
        ]
        #expect(try settings(text) == expected)
    }

    private static func value(_ key: KeySpecification, type: String) throws -> String {
        switch key.name {
        case "format": type == "http" ? "\"json\"" : "\"ndjson\""
        case "ops": "[" + WatchSettings.allOperations.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        default: try #require(key.defaultText)
        }
    }
}

@Suite struct ManualTests {
    private struct Row: Equatable {
        var section: String
        var key: String
        var type: String
        var defaultText: String
    }

    @Test func theManualHasEveryKeyWithItsTypeAndDefault() throws {
        let manual = try String(contentsOf: top.appending(path: "docs/configuration.md"), encoding: .utf8)
        var section = ""
        var rows: [Row] = []
        for line in manual.split(separator: "\n") {
            if line.hasPrefix("## `") { section = String(line.dropFirst(4).dropLast()) }
            guard line.hasPrefix("| `") else { continue }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            try #require(cells.count == 4, "\(line)")
            #expect(!cells[3].isEmpty, "\(line)")
            let plain = cells.map { $0.replacing("`", with: "") }
            rows.append(Row(section: section, key: plain[0], type: plain[1], defaultText: plain[2]))
        }
        let expected = KeySpecification.all.map { key in
            Row(
                section: key.section.header, key: key.name, type: key.kind.name,
                defaultText: key.defaultText ?? "required")
        }
        #expect(rows == expected)
    }
}
