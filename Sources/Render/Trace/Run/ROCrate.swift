package import Model

/// A run as a Process Run Crate: the text of its `ro-crate-metadata.json`.
///
/// The files stay where they are: they are named by `file:` addresses, and the crate is their description.
/// https://www.researchobject.org/workflow-run-crate/profiles/process_run_crate/
package struct ROCrate {
    private static let profile = "https://w3id.org/ro/wfrun/process/0.5"

    private let graph: RunGraph
    private let summary: RunSummary
    private let evidence: [Int: FileEvidence]
    private let published: Timestamp

    /// - Parameter published: when the crate is made.
    package init(
        _ history: RunHistory, _ summary: RunSummary, evidence: [Int: FileEvidence] = [:], published: Timestamp
    ) {
        graph = RunGraph(history, summary)
        (self.summary, self.evidence, self.published) = (summary, evidence, published)
    }

    private var history: RunHistory { graph.history }
    private var inputs: [RunSummary.Entry] { summary.entries.filter { $0.isInput && $0.name != nil } }
    private var outputs: [RunSummary.Entry] { summary.entries.filter { $0.isOutput && $0.name != nil } }

    /// The first process that executed something: what was run.
    private var main: Int? {
        history.roots.first { !history.processes[$0].programs.isEmpty }
            ?? history.processes.indices.first { !history.processes[$0].programs.isEmpty } ?? history.roots.first
    }

    package var bytes: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("@context", "https://w3id.org/ro/crate/1.1/context")
            json.array("@graph") { json in
                json.object { json in
                    json.member("@id", "ro-crate-metadata.json")
                    json.member("@type", "CreativeWork")
                    reference("conformsTo", "https://w3id.org/ro/crate/1.1", &json)
                    reference("about", "./", &json)
                }
                root(&json)
                json.object { json in
                    json.member("@id", Self.profile)
                    json.member("@type", "CreativeWork")
                    json.member("name", "Process Run Crate")
                    json.member("version", "0.5")
                }
                action(&json)
                instrument(&json)
                agent(&json)
                files(&json)
            }
        }
        json.endLine()
        return json.bytes
    }

    private var command: String { main.map { history.legibleCommand(of: $0) } ?? "a run" }

    private func root(_ json: inout JSONWriter) {
        json.object { json in
            json.member("@id", "./")
            json.member("@type", "Dataset")
            json.member("name", "Run of \(command)")
            json.member("description", "What \(command) read and left behind, as opentrace saw it in the kernel.")
            json.member("datePublished", published.text)
            json.member("license", "The files described here keep their own licences.")
            reference("conformsTo", Self.profile, &json)
            references("hasPart", Set((inputs + outputs).compactMap { address(of: $0) }).sorted(), &json)
            reference("mentions", "#run", &json)
        }
    }

    private func action(_ json: inout JSONWriter) {
        let process = main.map { history.processes[$0] }
        json.object { json in
            json.member("@id", "#run")
            json.member("@type", "CreateAction")
            json.member("name", command)
            json.member("description", commandText)
            reference("instrument", programAddress, &json)
            if process?.uid != nil { reference("agent", "#agent", &json) }
            references("object", Set(inputs.compactMap { address(of: $0, isBefore: true) }).sorted(), &json)
            references("result", Set(outputs.compactMap { address(of: $0) }).sorted(), &json)
            if let start = history.start { json.member("startTime", Self.moment(start)) }
            if let end = history.end { json.member("endTime", Self.moment(end)) }
            status(process?.end, &json)
        }
    }

    /// As the profile's checks want it.
    private static func moment(_ time: Timestamp) -> String { time.text.dropLast() + "+00:00" }

    private var commandText: String {
        guard let main else { return "Nothing was executed while this was traced." }
        let isCut = history.processes[main].programs.last?.areArgumentsCut == true
        return commandLine(history.command(of: main)) + (isCut ? " ..." : "")
    }

    private func status(_ end: ProcessHistory.End?, _ json: inout JSONWriter) {
        switch end {
        case .exited(0): json.member("actionStatus", "http://schema.org/CompletedActionStatus")
        case .exited, .killed:
            json.member("actionStatus", "http://schema.org/FailedActionStatus")
            json.member("error", end.map { "The program ended with \($0.words)." })
        case .unknown, nil: break
        }
    }

    private var programAddress: String {
        let path = main.flatMap { history.processes[$0].programs.last?.path }
        return path.map { Self.address(of: FileName($0)) + "#program" } ?? "urn:opentrace:program"
    }

    private func instrument(_ json: inout JSONWriter) {
        let program = main.flatMap { history.processes[$0].programs.last }
        json.object { json in
            json.member("@id", programAddress)
            json.member("@type", "SoftwareApplication")
            let name = program?.path ?? main.map { history.processes[$0].comm } ?? "unknown"
            json.member("name", FileName(name).lastComponent.legible)
            if let path = program?.path { json.member("description", path.legible) }
        }
    }

    private func agent(_ json: inout JSONWriter) {
        guard let uid = main.flatMap({ history.processes[$0].uid }) else { return }
        json.object { json in
            json.member("@id", "#agent")
            json.member("@type", "Person")
            json.member("name", "The user with the uid \(uid)")
        }
    }

    private func files(_ json: inout JSONWriter) {
        var seen: Set<String> = []
        for (entry, isBefore) in outputs.map({ ($0, false) }) + inputs.map({ ($0, true) }) {
            guard let address = address(of: entry, isBefore: isBefore), seen.insert(address).inserted else { continue }
            let known = evidence[entry.file]
            let fingerprint = isBefore ? known?.before ?? known?.after : known?.after
            json.object { json in
                json.member("@id", address)
                json.member("@type", "File")
                json.member("name", name(of: entry, isBefore: isBefore)?.legible)
                if let fingerprint {
                    json.member("contentSize", String(fingerprint.size))
                    json.member("dateModified", fingerprint.modified.text)
                }
                if let digits = fingerprint?.sha256 { json.member("sha256", digits) }
            }
        }
    }

    // MARK: Names

    private func name(of entry: RunSummary.Entry, isBefore: Bool) -> FileName? {
        isBefore ? history.files[entry.file].firstName : entry.name
    }

    /// A `file:` address (RFC 8089); what is read and then changed is the same file there.
    private func address(of entry: RunSummary.Entry, isBefore: Bool = false) -> String? {
        name(of: entry, isBefore: isBefore).map { Self.address(of: $0) }
    }

    private static func address(of name: FileName) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
        let path = name.path.bytes.map { byte in
            if plain.contains(byte) { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
        let container = name.space == .host ? "" : "#in-" + (name.container?.legible ?? "another-root")
        return path.hasPrefix("/") ? "file://\(path)\(container)" : "file:///\(path)\(container)"
    }

    private func reference(_ member: String, _ id: String, _ json: inout JSONWriter) {
        json.object(member) { json in json.member("@id", id) }
    }

    private func references(_ member: String, _ ids: [String], _ json: inout JSONWriter) {
        json.array(member) { json in
            for id in ids { json.object { json in json.member("@id", id) } }
        }
    }
}
