package import Model

extension RunSummary {
    /// For people: a list for each class, then the directories that are shown as one line.
    ///
    /// - Parameter evidence: what is known of the files' contents, by their numbers.
    package func text(of history: RunHistory, evidence: [Int: FileEvidence] = [:]) -> String {
        var text = head(history) + "\n"
        for fileClass in FileClass.allCases {
            let entries = entries(fileClass)
            if entries.isEmpty { continue }
            text += "\n\(fileClass.words) (\(entries.count))\n"
            for entry in entries {
                let notes = notes(entry, history, evidence[entry.file])
                let name = entry.name?.legible ?? "(a file without a name)"
                text += "  \(name)\(notes.isEmpty ? "" : "  (" + notes.joined(separator: "; ") + ")")\n"
            }
        }
        if !groups.isEmpty { text += "\nnot listed one by one\n" }
        for group in groups {
            let counts = FileClass.allCases.compactMap { fileClass in
                group.counts[fileClass].map { "\($0) \(fileClass.words)" }
            }
            text += "  \(group.directory.legible): \(counts.joined(separator: ", "))\n"
        }
        return text + remarks(history)
    }

    private func head(_ history: RunHistory) -> String {
        var parts = [counted(history.processes.count, "process", "processes")]
        if let start = history.start, let end = history.end, start <= end {
            parts.append(seconds(end.nanoseconds - start.nanoseconds))
        }
        parts.append(counted(history.files.indices.count { history.fileClass(of: $0) != nil }, "file"))
        return parts.joined(separator: ", ")
    }

    private func notes(_ entry: Entry, _ history: RunHistory, _ evidence: FileEvidence?) -> [String] {
        let file = history.files[entry.file]
        var notes: [String] = []
        let writers = history.writers(of: entry.file)
        switch entry.fileClass {
        case .modified:
            notes.append((entry.isInput ? "read, then " : "") + changes(file.acts) + by(writers, history))
        case .created, .replaced:
            if entry.isInput { notes.append("read before") }
            if !writers.isEmpty { notes.append(String(by(writers, history).dropFirst())) }
        case .intermediate:
            notes.append(file.names.isEmpty ? "gone" : "still there")
            if !writers.isEmpty { notes.append(String(by(writers, history).dropFirst())) }
        case .refused: notes.append(file.errors.sorted().map { ErrnoName.name(of: $0) }.joined(separator: ", "))
        case .deleted: if entry.isInput { notes.append("read before") }
        case .input, .executed: if file.successor != nil { notes.append("replaced later") }
        default: break
        }
        if !file.formerNames.isEmpty, let first = file.firstName, first != file.name, !file.isGone {
            notes.append("was \(first.legible)")
        }
        for other in file.names.dropFirst().prefix(3) { notes.append("also \(other.legible)") }
        if let evidence { notes += evidence.notes }
        return notes
    }

    private func changes(_ acts: FileUse.Acts) -> String {
        if acts.contains(.wrote) { return "written" }
        if acts.contains(.truncated) { return "truncated" }
        return acts.contains(.mapped) ? "mapped for writing, may be changed" : "opened for writing"
    }

    private func by(_ processes: [Int], _ history: RunHistory) -> String {
        processes.isEmpty ? "" : " by " + history.legibleProcesses(processes)
    }

    private func remarks(_ history: RunHistory) -> String {
        var lines: [String] = []
        if ignored > 0 { lines.append("\(counted(ignored, "file")) ignored") }
        if !history.hasWrites, history.events > 0 {
            lines.append("writes were not traced: a file opened for writing counts as written")
        }
        if history.unnamed > 0 {
            lines.append("\(counted(history.unnamed, "operation")) on files of which nothing is known")
        }
        if history.unknownResults > 0 {
            lines.append("\(counted(history.unknownResults, "operation")) without a known result, taken as done")
        }
        return lines.isEmpty ? "" : "\n" + lines.map { $0 + "\n" }.joined()
    }
}

extension FileEvidence {
    fileprivate var notes: [String] {
        var notes: [String] = []
        switch (before, after) {
        case (let before?, let after?) where before.digest != after.digest:
            notes = ["before: \(before.words)", "after: \(after.words)"]
        case (let one?, _), (nil, let one?): notes = [one.words]
        case (nil, nil): break
        }
        if hasChangedSince { notes.append("changed since") }
        return notes
    }
}

extension FileFingerprint {
    var words: String {
        switch digest {
        case .sha256(let digits): "\(size) bytes, sha256 \(digits)"
        case .notAsked: "\(size) bytes"
        case .tooLarge: "\(size) bytes, too large to hash"
        case .unstable: "\(size) bytes, changed while it was hashed"
        case .unreadable(let error): "not hashed: \(ErrnoName.name(of: error))"
        }
    }
}
