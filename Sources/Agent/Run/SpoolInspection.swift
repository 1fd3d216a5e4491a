internal import Export
internal import Glibc
internal import Render

/// What the commands of `otagent spool` do with the spools of a configuration.
package struct SpoolInspection {
    private let settings: Settings
    private let listings: [SpoolListing]

    /// - Parameter output: one of the configuration, or one that has left a spool behind; nil for all of both.
    package init(_ settings: Settings, output: String?) throws {
        self.settings = settings
        let top = StateDirectory.spool(of: "", in: settings.agent.stateDir)
        let configured = settings.outputs.compactMap { if case .http = $0.kind { $0.name } else { nil } }
        let leftBehind = SpoolListing.outputs(below: top).filter { !configured.contains($0) }
        let all = configured + leftBehind
        if let output, !all.contains(output) {
            let known = all.isEmpty ? "none has one" : "those with one are \(all.joined(separator: ", "))"
            throw Refusal(.badArguments, "no output '\(output)' has a spool; \(known)")
        }
        listings = all.filter { $0 == output ?? $0 }.map { name in
            SpoolListing(output: name, folder: StateDirectory.spool(of: name, in: settings.agent.stateDir))
        }
    }

    /// A line for each batch, or a JSON document of all.
    package func list(json: Bool, verifying: Bool = false) throws -> (text: String, bad: Int) {
        let found = try batches(verifying: verifying)
        let bad = found.count { $0.batch.damage != nil || $0.batch.state == .corrupt }
        if json { return (Self.json(found), bad) }
        var text = found.map { Self.line($0.output, $0.batch) }.joined()
        if verifying { text += "\(found.count) files, \(bad) of them bad\n" }
        return (text, bad)
    }

    /// Header line and unpacked body of the batch with that id, or of that file, on standard output.
    package func show(_ id: String) throws {
        let found = try batches().filter { $0.batch.id == id || $0.batch.file == id }
        guard let wanted = found.first else {
            throw Refusal(.failed, "there is no batch '\(id)' in the spool: otagent spool ls shows all")
        }
        for listing in listings where listing.output == wanted.output {
            do throws(SinkProblem) {
                try listing.show(wanted.batch) { bytes in
                    Self.write(bytes)
                }
            } catch {
                throw Refusal(.failed, error.description)
            }
        }
    }

    /// Removes all that waits or was set aside; without `really` it only says what that would be.
    package func purge(really: Bool) throws -> String {
        let lock = try really ? Self.lock(settings) : nil
        let found = try batches()
        let rows = found.reduce(0) { $0 + ($1.batch.rows ?? 0) }
        let bytes = found.reduce(0) { $0 + $1.batch.bytes }
        let what = "\(found.count) batches, \(rows) rows, \(bytes) bytes"
        guard lock != nil else {
            return found.map { Self.line($0.output, $0.batch) }.joined() + "would remove \(what): use --yes to do it\n"
        }
        for (output, batch) in found {
            for listing in listings where listing.output == output {
                do throws(SinkProblem) { try listing.remove(batch) } catch { throw Refusal(.failed, error.description) }
            }
        }
        _ = consume lock
        return "removed \(what)\n"
    }

    static func lock(_ settings: Settings) throws(Refusal) -> StateDirectory {
        try StateDirectory(
            settings.agent.stateDir, advice: "stop the agent first; while it runs it sends what waits by itself")
    }

    /// To standard output; a reader that has enough may go.
    private static func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(1, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }

    private typealias Found = (output: String, batch: SpoolListing.Batch)

    private func batches(verifying: Bool = false) throws -> [Found] {
        do {
            return try listings.flatMap { listing in
                try listing.batches(verifying: verifying).map { (listing.output, $0) }
            }
        } catch {
            throw Refusal(.failed, "\(error)")
        }
    }

    private static func line(_ output: String, _ batch: SpoolListing.Batch) -> String {
        let window = batch.windowStart.flatMap { start in batch.windowEnd.map { "\(start)/\($0)" } } ?? "-"
        let damage = batch.damage.map { "  \($0)" } ?? ""
        let rows = batch.rows.map { "\($0) rows" } ?? "-"
        let age = batch.age.map { "\($0)s old" } ?? "-"
        let name = printable(batch.id ?? batch.file)
        return
            "\(printable(output))  \(batch.state.rawValue)  \(name)  \(window)  \(rows)  \(batch.bytes) bytes  \(age)\(damage)\n"
    }

    private static func json(_ found: [Found]) -> String {
        var json = JSONWriter()
        json.array { json in
            for (output, batch) in found {
                json.object { json in
                    json.member("output", output)
                    json.member("state", batch.state.rawValue)
                    json.member("file", batch.file)
                    json.member("id", batch.id)
                    json.member("sequence", batch.sequence)
                    json.member("rows", batch.rows)
                    json.member("window_start", batch.windowStart)
                    json.member("window_end", batch.windowEnd)
                    json.member("bytes", batch.bytes)
                    json.member("age_seconds", batch.age)
                    json.member("damage", batch.damage)
                }
            }
        }
        json.endLine()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Names of foreign files may be anything: on one line, and without what a terminal would follow.
    static func printable(_ text: String) -> String {
        text.unicodeScalars.map {
            $0.properties.generalCategory == .control ? "\\u{\(String($0.value, radix: 16))}" : "\($0)"
        }
        .joined()
    }
}
