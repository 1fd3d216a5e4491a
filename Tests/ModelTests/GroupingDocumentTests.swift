import Foundation
import Testing

@testable import Model

/// What docs/grouping.md shows is what comes out.
@Suite struct GroupingDocumentTests {
    private let tables: [[[String]]]

    init() throws {
        var file = URL(filePath: #filePath)
        for _ in 0..<3 { file.deleteLastPathComponent() }
        let text = try String(contentsOf: file.appending(path: "docs/grouping.md"), encoding: .utf8)
        tables = text.components(separatedBy: "\n\n").filter { $0.hasPrefix("|") }.map { table in
            table.split(separator: "\n").dropFirst(2).map { line in
                line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            }
        }
    }

    private static let hex = String(repeating: "0123456789abcdef", count: 4)

    /// What stands between backticks, with identifiers where the document has a word for them.
    private func names(_ cell: String) -> [String] {
        cell.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map { _, name in
            name.replacing("<64 hex>", with: Self.hex).replacing("<32 hex>", with: Self.hex.prefix(32))
                .replacing("<uuid>", with: "21527424-cb2d-479f-af17-22251e2b37a0")
                .replacing("4f5e...", with: "\(Self.hex).")
        }
    }

    @Test func `every name in the table folds as it says`() throws {
        #expect(tables.count == 4)
        #expect(tables[0].count == 8)
        for row in tables[0] {
            let (units, series) = (names(row[1]), names(row[2]))
            #expect(units.count == series.count && !units.isEmpty)
            for (unit, expected) in zip(units, series) { #expect(ByteString(unit).folded == ByteString(expected)) }
        }
    }

    @Test func `the rows of the example are these`() throws {
        let host = Host(
            try tables[2].map { row in
                (path: ByteString(try #require(names(row[0]).first)), writes: try #require(UInt64(row[1])))
            })
        for row in tables[3] {
            let words = try #require(names(row[0]).first).split { "[], \"".contains($0) }
            let keys = words.compactMap { Grouping.Key(rawValue: String($0)) }
            #expect(keys.count == words.count)
            let expected = row[1].components(separatedBy: ", ").map {
                $0.split(separator: " ").last.flatMap { UInt64($0) }
            }
            #expect(host.shown(by: Grouping(keys)).rows.map(\.counters[.writes]) == expected, "\(row[0])")
            // Where a row is called by one name, that is what it is called.
            for (shown, item) in zip(host.shown(by: Grouping(keys)).rows, row[1].components(separatedBy: ", ")) {
                guard keys == [.unit] || keys == [.slice], let name = names(item).first else { continue }
                #expect((keys == [.unit] ? shown.identity.unit : shown.identity.slice) == ByteString(name))
            }
        }
        #expect(tables[3].count == 6)
    }
}
