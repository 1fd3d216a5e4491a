internal import Foundation
package import Model

/// What a run read and left, out of a trace or out of a summary in JSON, which may have hashes.
package enum SavedListing {
    package static func read(_ trace: SavedTrace, noise: PathNoise) throws -> (RunListing, SavedTrace.End) {
        if let summary = try summary(trace) { return (summary.listing(noise), summary.end) }
        let run = try SavedRun(trace)
        return (RunListing(RunSummary(run.history, noise: noise)), run.end)
    }

    /// Nil for what is no summary at all.
    private static func summary(_ trace: SavedTrace) throws -> SavedSummary? {
        struct Head: Decodable { let schema: String }
        let data = Data(trace.bytes)
        guard trace.form == .jsonl, let head = try? JSONDecoder().decode(Head.self, from: data) else { return nil }
        guard head.schema == "opentrace.summary/1" else {
            throw trace.mistake(
                1, "this is neither a trace nor a summary, but \"\(String(head.schema.prefix(40)).legible)\"")
        }
        do {
            return try JSONDecoder().decode(SavedSummary.self, from: data)
        } catch {
            throw trace.mistake(nil, "this is no whole summary: \("\(error)".prefix(200).description.legible)")
        }
    }
}

/// What of docs/schema/opentrace.summary-1.json a comparison needs.
private struct SavedSummary: Decodable {
    struct Fingerprint: Decodable { let sha256: String? }
    struct File: Decodable {
        enum CodingKeys: String, CodingKey {
            case path, pathRaw = "path_raw", root, container, fileClass = "class", input, output, before, after
        }

        let path: String?
        let pathRaw: String?
        let root: String?
        let container: String?
        let fileClass: String
        let input: Bool
        let output: Bool
        let before: Fingerprint?
        let after: Fingerprint?
    }

    let files: [File]
    let lost: SavedRow.Losses?

    var end: SavedTrace.End { SavedTrace.End(account: lost.map(\.account)) }

    func listing(_ noise: PathNoise) -> RunListing {
        var listing = RunListing(files: [:])
        for file in files {
            guard let path = file.path else { continue }
            let bytes =
                file.pathRaw.flatMap { Data(base64Encoded: $0) }.map { ByteString(Array($0)) } ?? ByteString(path)
            let name = FileName(bytes, in: file.root == "other" ? .other(file.container.map { ByteString($0) }) : .host)
            let isUntouched = FileClass(rawValue: file.fileClass)?.isUntouched ?? false
            guard noise.place(of: name, isUntouched: isUntouched) == .shown else { continue }
            var facts = listing.files[name] ?? RunListing.Facts(parts: [])
            if file.input {
                facts.parts.insert(.input)
                facts.hashes[.input] = file.before?.sha256
            }
            if file.output {
                facts.parts.insert(.output)
                facts.hashes[.output] = file.after?.sha256
            }
            if file.fileClass == FileClass.deleted.rawValue { facts.parts.insert(.deleted) }
            if file.fileClass == FileClass.missing.rawValue { facts.parts.insert(.missing) }
            if !facts.parts.isEmpty { listing.files[name] = facts }
        }
        return listing
    }
}
