import Foundation
import Glibc
import Testing

extension SystemTests {
    /// Cgroups with the worst names that the kernel allows: the documents have them byte for byte, and their exact counts.
    @Suite struct HostileNames {
        let folder: Folder
        let cgroup: Cgroup

        init() throws {
            folder = try Folder()
            cgroup = try Cgroup()
        }

        private static let texts = [
            #"quote"and'quote.service"#, "*", "ot-*.slice", #"back\slash\x2d\u0041\"#,
            "tab\tcr\rescape\u{1b}[1mbell\u{7}",
            #"","unit":"x"}],"#, "\u{1}\u{1f}\u{7f}\u{85}\u{2028}", "\u{FFFD}", "é日本\u{1F4BE}", " (deleted)", "...",
            " ",
            String(repeating: "n", count: 255), String(repeating: "m", count: 256),
            String(repeating: "\"", count: 1000),
            "<script>&amp;",
        ]

        private static let bytes: [[UInt8]] = [
            [0xff, 0xfe, 0x80], Array("caf".utf8) + [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
            Array(repeating: 0xe9, count: 255), Array(repeating: 0xe9, count: 1300),
            Array("é".utf8) + [0x22, 0xff, 0x5c], [0xef, 0xbf, 0xbd, 0xff],
        ]

        /// A container's ID that is not UTF-8 is a member of its own.
        private static let container = Array("lxc.payload.".utf8) + [0xff, 0x22]

        private struct Row: Decodable {
            struct Cgroup: Decodable {
                let id: UInt64
                let path: String?
                let pathRaw: String?
            }

            struct Container: Decodable {
                let id: String
                let idRaw: String?
            }

            let cgroup: Cgroup?
            let container: Container?
            let counters: Counters

            private enum CodingKeys: String, CodingKey { case cgroup, container }

            init(from decoder: any Decoder) throws {
                let members = try decoder.container(keyedBy: CodingKeys.self)
                cgroup = try members.decodeIfPresent(Cgroup.self, forKey: .cgroup)
                container = try members.decodeIfPresent(Container.self, forKey: .container)
                counters = (try? Counters(from: decoder)) ?? Counters()
            }
        }

        private struct Rows: Decodable { let units: [Row] }
        private struct Line: Decodable { let type: String }

        /// What a member and its `_raw` mean, and whether they have the form that the bytes demand.
        private func expect(
            _ text: String?, _ raw: String?, toBe bytes: [UInt8], _ location: SourceLocation = #_sourceLocation
        ) {
            let isText = String(validating: bytes, as: UTF8.self) != nil
            #expect((raw == nil) == isText, "\(bytes)", sourceLocation: location)
            #expect(text == String(decoding: bytes, as: UTF8.self), sourceLocation: location)
            let meant = raw.map { Data(base64Encoded: $0).map(Array.init) } ?? text.map { Array($0.utf8) }
            #expect(meant == bytes, sourceLocation: location)
        }

        /// Its path cannot be an argument of Foundation's, which has them all as text.
        private func start(in path: [UInt8]) throws -> Running {
            let script = #"exec "$0" --cgroup "$(printf %b "$1")" --leave "$2" --dir "$3" --only syscalls"#
            let whole = Array(try Cgroup.mountPoint().utf8) + path
            let octal = whole.map { byte in
                let digits = String(byte, radix: 8)
                return #"\0"# + String(repeating: "0", count: 3 - digits.count) + digits
            }
            let arguments = [try built("workload"), octal.joined(), try Cgroup.home(), folder.root.path]
            return try Running("/bin/sh", ["-ec", script] + arguments, in: folder)
        }

        @Test func `names come out as valid JSON that is read back to the very bytes, with exact counts`() throws {
            let names = Self.texts.map { Array($0.utf8) } + Self.bytes + [Self.container]
            let (before, after) = (try Cgroup(in: cgroup, ["before"]), try Cgroup(in: cgroup, ["after"]))
            var made = try names.map { try before.make($0) }
            let agent = try AgentRun(
                in: folder,
                outputs: """
                    [outputs.lines]
                    type = "file"
                    path = "\(folder.path("lines"))"
                    format = "ndjson"
                    """)
            made += try names.map { try after.make($0) }
            let truths = try made.map { try start(in: $0.path) }.map(Workload.truth(of:))
            let listing = try otagent(["units", "--json"], in: folder)
            let batches = try agent.stop()
            #expect(truths.map(\.cgroupId) == made.map(\.id))
            for truth in truths { #expect(batches.counters(of: truth.cgroupId).differences(from: truth) == []) }

            // Foundation's reader takes what no other takes; whoever validates by the schema reads it first.
            if Schema.canValidate {
                for (file, schema) in [
                    (agent.batchFile, "batch.schema.json"), (folder.path("lines"), "ndjson-line.schema.json"),
                ] {
                    let end = try Schema.validate(linesOf: file, by: schema, in: folder)
                    #expect(end.status == 0, "\(end.errors)")
                }
            }
            let documents = try String(contentsOfFile: agent.batchFile, encoding: .utf8).split(separator: "\n")
            let lines = try String(contentsOfFile: folder.path("lines"), encoding: .utf8).split(separator: "\n")
            let forms = [
                "json": try documents.flatMap { try decoded(Rows.self, from: String($0)).units },
                "ndjson": try lines.filter { try decoded(Line.self, from: String($0)).type == "unit" }
                    .map { try decoded(Row.self, from: String($0)) },
                "units": try decoded([Row].self, from: listing.output),
            ]
            for (form, rows) in forms {
                for (cgroup, truth) in zip(made, truths) {
                    let own = rows.filter { $0.cgroup?.id == cgroup.id }
                    #expect(!own.isEmpty, "\(form): \(cgroup.path)")
                    for row in own { expect(row.cgroup?.path, row.cgroup?.pathRaw, toBe: cgroup.path) }
                    if form == "units" { continue }
                    let counted = own.reduce(into: Counters()) { $0.add($1.counters) }
                    #expect(counted.differences(from: truth) == [], "\(form): \(cgroup.path)")
                }
                for row in rows where row.cgroup?.id == made.last?.id {
                    expect(row.container?.id, row.container?.idRaw, toBe: [0xff, 0x22])
                }
            }
        }

        @Test func `the kernel itself refuses a newline`() {
            #expect(throws: Failure.self) { try cgroup.make(Array("new\nline".utf8)) }
        }
    }
}
