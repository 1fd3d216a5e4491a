import Foundation
import Model
import RunScripts
import Testing

@testable import Render

@Suite("What is written of a run")
struct RunTextTests {
    private let history = RunHistory(of: RunScript.build.events)
    private var summary: RunSummary { RunSummary(history) }

    /// As if somebody had looked at what the build left.
    private var evidence: [Int: FileEvidence] {
        func fingerprint(_ digest: FileFingerprint.Digest, size: UInt64) -> FileFingerprint {
            FileFingerprint(
                id: TraceEvent.FileID(device: 1, inode: 2), size: size, modified: Timestamp(nanoseconds: Fixture.noon),
                changed: Timestamp(nanoseconds: Fixture.noon), digest: digest)
        }
        let hashes = [
            FileFingerprint.Digest.sha256(String(repeating: "0a", count: 32)), .tooLarge, .unreadable(13), .unstable,
        ]
        var evidence: [Int: FileEvidence] = [:]
        for (place, entry) in summary.entries.enumerated() where entry.isInput || entry.isOutput {
            let (one, other) = (hashes[place % 4], hashes[(place + 1) % 4])
            evidence[entry.file] = FileEvidence(
                before: entry.isInput ? fingerprint(one, size: 10) : nil,
                after: entry.isOutput ? fingerprint(other, size: 20) : nil, hasChangedSince: place % 3 == 0)
        }
        return evidence
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("The summary for people")
    func summaryText() throws {
        try expectGolden(Array(summary.text(of: history).utf8), "run-summary.text")
        let all = RunSummary(history, noise: PathNoise(showsAll: true))
        try expectGolden(Array(all.text(of: history, evidence: evidence).utf8), "run-summary-all.text")
    }

    @Test("The summary as a document")
    func summaryJSON() throws {
        let bytes = summary.json(of: history, evidence: evidence)
        try expectGolden(bytes, "run-summary.json")
        #expect(try JSONSerialization.jsonObject(with: Data(bytes)) is [String: Any])
    }

    @Test("The tree of processes")
    func tree() throws {
        try expectGolden(Array(ProcessTree(of: history).text.utf8), "run-tree.text")
        let all = ProcessTree(of: history, noise: PathNoise(showsAll: true), mostFiles: 1)
        try expectGolden(Array(all.text.utf8), "run-tree-all.text")
    }

    @Test("A chain of processes that is longer than any stack")
    func longChain() {
        let chain = RunHistory { script in
            for pid in UInt32(1)...20_000 { script.fork(pid, pid + 1) }
        }
        #expect(ProcessTree(of: chain).text.split(separator: "\n").count == 20_001)
    }

    @Test("A graph for graphviz") func dot() throws {
        try expectGolden(Array(RunGraph(history, summary).dot.utf8), "run.dot")
    }

    @Test("A provenance document") func prov() throws {
        let bytes = RunGraph(history, summary).provJSON(evidence: evidence)
        try expectGolden(bytes, "run-prov.json")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: [String: Any]])
        let (entities, activities) = (document["entity"] ?? [:], document["activity"] ?? [:])
        for (relation, members) in document where !["prefix", "entity", "activity", "agent"].contains(relation) {
            for (_, value) in members {
                for (member, id) in try #require(value as? [String: String]) where member != "prov:time" {
                    let isKnown = entities[id] != nil || activities[id] != nil || document["agent"]?[id] != nil
                    #expect(isKnown, "\(relation) names \(id)")
                }
            }
        }
    }

    @Test("Sources are what was read before, and too many of them are counted only")
    func manySources() throws {
        let copier = RunHistory { script in
            for number in 1...300 {
                script.open(1, ByteString("/w/from/\(number)"))
                script.make(1, ByteString("/w/to/\(number)"))
            }
        }
        let graph = RunGraph(copier, RunSummary(copier))
        let counts = graph.writes.map { graph.sources(of: $0).count }
        #expect(counts == Array(1...300))
        #expect(graph.sourceCounts() == [0: 300 * 301 / 2])
        func document(_ most: Int) throws -> [String: [String: [String: Any]]] {
            let bytes = graph.provJSON(mostSources: most)
            let whole = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: [String: Any]]
            return try #require(whole).compactMapValues { $0 as? [String: [String: Any]] }
        }
        let (whole, cut) = (try document(45_150), try document(45_149))
        #expect(whole["wasDerivedFrom"]?.count == 45_150)
        #expect(whole["activity"]?["run:process-0"]?["ot:derivations_left_out"] == nil)
        #expect(cut["wasDerivedFrom"]?.isEmpty == true)
        #expect(cut["activity"]?["run:process-0"]?["ot:derivations_left_out"] as? String == "45150")
        #expect(cut["used"]?.count == 300 && cut["wasGeneratedBy"]?.count == 300)
    }

    @Test("A crate") func crate() throws {
        let bytes = ROCrate(history, summary, evidence: evidence, published: Timestamp(nanoseconds: Fixture.noon)).bytes
        try expectGolden(bytes, "run-crate.json")
    }

    @Test("A rule for make") func depfile() throws {
        let noise = PathNoise(ignored: [try PathGlob("/w/r*")])
        let summary = RunSummary(history, noise: noise)
        try expectGolden(try Depfile(history, summary, relativeTo: "/w").bytes, "run.d")
        #expect(text(try Depfile(history, summary, target: "x y").bytes).hasPrefix("x\\ y: \\\n /w/Makefile \\\n"))
        #expect(
            throws: Depfile.Refusal.cannotBeWritten(
                FileName(ByteString([0x2F, 0x77, 0x2F, 0x72, 0xFF, 0x0A, 0x2E, 0x74, 0x78, 0x74])))
        ) {
            _ = try Depfile(history, self.summary)
        }
        let reader = RunHistory { $0.open(1, "/w/a") }
        #expect(throws: Depfile.Refusal.noTarget) { _ = try Depfile(reader, RunSummary(reader)) }
    }

    @Test("In what two runs differ")
    func difference() throws {
        let other = RunHistory {
            $0.make(1, ByteString("/w/\u{1B}[2J"))
            $0.open(1, "/w/Makefile")
        }
        var (first, second) = (RunListing(summary), RunListing(RunSummary(other)))
        first.files["/w/Makefile"]?.hashes = [.input: "1"]
        second.files["/w/Makefile"]?.hashes = [.input: "2"]
        try expectGolden(Array(RunDifference(from: first, to: second).text.utf8), "run-diff.text")
    }

    @Test("How a file came to be")
    func lineage() throws {
        let copy = RunHistory {
            $0.exec(7, "/bin/sh", "sh", "-c", "gen | tee out")
            $0.fork(7, 8)
            $0.fork(7, 9)
            $0.exec(8, "/w/gen", "gen", "\u{1B}]0;x\u{7}")
            $0.exec(9, "/usr/bin/tee", "tee", "out.tmp")
            $0.make(9, "/w/out.tmp")
            $0.rename(9, "/w/out.tmp", "/w/out")
            $0.exit(8)
            $0.exit(9)
            $0.fork(7, 10)
            $0.exec(10, "/bin/cp", "cp", "out", "a b")
            $0.open(10, "/w/out")
            $0.make(10, "/w/a b.part")
            $0.exit(10)
            $0.fork(7, 11)
            $0.exec(11, "/bin/mv", "mv", "a b.part", "a b")
            $0.rename(11, "/w/a b.part", "/w/a b")
        }
        let found = try #require(FileLineage(of: "/w/a b", in: [copy]))
        try expectGolden(Array(found.text(of: [copy]).utf8), "run-how.text")
        let app = try #require(FileLineage(of: "/w/app", in: [history]))
        #expect(
            app.text(of: [history])
                == "Ran cc -o app 'src/a b.c', which wrote /w/app (read: /w/src/a b.c, /w/src/a.h)\n")
    }

    @Test("Each step has the names of its time, as the manual shows it")
    func namesOfTheTime() throws {
        let run = RunHistory {
            $0.exec(1, "/bin/sh", "sh", "build")
            $0.fork(1, 2)
            $0.exec(2, "/usr/bin/sort", "sort", "raw.csv")
            $0.open(2, "/w/raw.csv")
            $0.make(2, "/w/sorted.csv")
            $0.exit(2)
            $0.fork(1, 3)
            $0.exec(3, "/usr/bin/wc", "wc", "sorted.csv")
            $0.open(3, "/w/sorted.csv")
            $0.make(3, "/w/count")
            $0.exit(3)
            $0.fork(1, 4)
            $0.exec(4, "/bin/mv", "mv", "sorted.csv", "clean.csv")
            $0.rename(4, "/w/sorted.csv", "/w/clean.csv")
        }
        let file = try #require(FileLineage(of: "/w/clean.csv", in: [run]))
        #expect(
            file.text(of: [run]) == """
                Ran sort raw.csv, which wrote /w/sorted.csv (read: /w/raw.csv)
                Ran mv sorted.csv clean.csv, which renamed /w/sorted.csv to /w/clean.csv

                """)
        let count = try #require(FileLineage(of: "/w/count", in: [run])).text(of: [run])
        #expect(count.contains("which wrote /w/count (read: /w/sorted.csv)\n"))
    }

    @Test("What a run may not, and where a manifest is wrong")
    func manifest() throws {
        let manifest = try AccessManifest(parsing: "read **\nwrite /w/app*\nwrite /tmp/**")
        let lines = manifest.breaches(in: history).map { $0.text(of: history) + "\n" }.joined()
        try expectGolden(Array(lines.utf8), "run-breaches.text")
        let mistakes = ["read /a\nraed /b", "write\t\u{E9}x", "read /[z-a]", "delete", "\u{1B}[2J x"].map { text in
            do throws(AccessManifest.Mistake) {
                _ = try AccessManifest(parsing: text)
                return "no mistake"
            } catch {
                return error.text(file: "allow")
            }
        }
        try expectGolden(Array(mistakes.joined(separator: "\n").utf8), "run-manifest-mistakes.text")
    }

    @Test("Nothing that a program chose reaches a terminal as an order")
    func terminal() {
        let orders: ByteString = "/w/\u{1B}[2J\n\u{202E}"
        let history = RunHistory {
            $0.exec(1, orders, orders)
            $0.open(1, orders)
            $0.make(1, ByteString("\(orders)2"))
            $0.make(1, ByteString("\(orders)3"))
            $0.rename(1, ByteString("\(orders)2"), ByteString("\(orders)4"))
        }
        let summary = RunSummary(history)
        let lineage = FileLineage(of: FileName(ByteString("\(orders)4")), in: [history])
        let texts = [
            summary.text(of: history), ProcessTree(of: history).text, RunGraph(history, summary).dot,
            lineage?.text(of: [history]) ?? "",
            RunDifference(
                from: RunListing(files: [:]), to: RunListing(summary)
            ).text,
        ]
        for text in texts {
            #expect(text.contains("\\x1b[2J"))
            #expect(!text.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
        }
    }

    @Test("A run without events is nothing, in all forms")
    func empty() throws {
        let history = RunHistory(of: [])
        let summary = RunSummary(history)
        #expect(summary.text(of: history) == "0 processes, 0 files\n")
        #expect(ProcessTree(of: history).text == "")
        #expect(RunGraph(history, summary).dot.hasPrefix("digraph run {"))
        let crate = ROCrate(history, summary, published: Timestamp(nanoseconds: 0)).bytes
        for bytes in [summary.json(of: history), RunGraph(history, summary).provJSON(), crate] {
            #expect(try JSONSerialization.jsonObject(with: Data(bytes)) is [String: Any])
        }
    }
}
