package import Model

extension RunDifference {
    /// One line each: `+` for what only the second run has, `-` for what only the first has, `~` for other contents.
    package var text: String {
        lines.map { line in
            let sign =
                switch line.change {
                case .appeared: "+"
                case .vanished: "-"
                case .changed: "~"
                }
            return "\(sign) \(line.part.rawValue) \(line.name.legible)\n"
        }.joined()
    }
}

extension FileLineage {
    /// One line a step, oldest first: `Ran cat world.txt, which wrote /w/hello.txt (read: /w/world.txt)`.
    ///
    /// - Parameter runs: those it was made from.
    package func text(of runs: [RunHistory]) -> String {
        steps.map { step in
            let history = runs[step.run]
            var deeds: [String] = []
            if !step.outputs.isEmpty { deeds.append("wrote \(outputs(of: step, history))") }
            for file in step.moved {
                let former = history.files[file].formerNames.last ?? history.files[file].firstName
                let old = former.map { $0.legible } ?? "it"
                deeds.append("renamed \(old) to \(history.legibleName(of: file))")
            }
            let inputs = step.inputs.isEmpty ? "read nothing traced" : "read: \(inputs(of: step, history))"
            let beside = step.inputs.isEmpty ? neighbours(of: step.process, history) : ""
            return
                "Ran \(history.legibleCommand(of: step.process, most: 400)), which \(deeds.joined(separator: " and "))"
                + (step.outputs.isEmpty ? "" : " (\(inputs)\(beside))") + "\n"
        }.joined()
    }

    /// By the names they had then, so that later renames, which have lines of their own, go on from them.
    private func outputs(of step: Step, _ history: RunHistory) -> String {
        let names = step.outputs.map { number in
            let file = history.files[number]
            guard let use = file.uses[step.process], use.acts.isDisjoint(with: [.renamed, .linked]) else {
                return file.name
            }
            return file.name(at: use.lastChange ?? use.firstOpenedToWrite)
        }
        return listed(names)
    }

    private func inputs(of step: Step, _ history: RunHistory) -> String {
        listed(step.inputs.map { history.files[$0].name(at: history.files[$0].uses[step.process]?.firstRead) })
    }

    private func listed(_ names: [FileName?]) -> String {
        names.map { $0?.legible ?? RunHistory.noName }.joined(separator: ", ")
    }

    /// What may have filled the pipe that a process read: pipes are no files.
    private func neighbours(of process: Int, _ history: RunHistory) -> String {
        guard let parent = history.processes[process].parent else { return "" }
        let own = history.processes[process]
        let beside = history.children(of: parent).filter { number in
            let other = history.processes[number]
            return number != process && other.firstSeen < own.lastSeen && own.firstSeen < other.lastSeen
        }
        if beside.isEmpty { return "" }
        return "; beside it ran "
            + beside.prefix(3).map { history.legibleCommand(of: $0, most: 100) }.joined(separator: " and ")
    }
}

extension AccessManifest.Breach {
    /// `write /w/out: not allowed, by cc 4243: cc -c a.c`
    package func text(of history: RunHistory) -> String {
        let who = processes.prefix(3).map {
            "\(history.legibleProcess($0)): \(history.legibleCommand(of: $0, most: 120))"
        }
        let more = processes.count > 3 ? " and \(processes.count - 3) more" : ""
        return "\(access.rawValue) \(name.legible) by \(who.joined(separator: "; "))\(more)"
    }
}

extension AccessManifest.Mistake {
    /// A sentence after its place, then the line with a caret below it; without the last line's end.
    package func text(file: String) -> String {
        let scalars = text.unicodeScalars
        let shown = scalars.map { $0.isASCII ? String($0).legible : "\\u{\(String($0.value, radix: 16))}" }
        let indent = String(repeating: " ", count: shown.prefix(column - 1).joined().count)
        return "\(file):\(line):\(column): \(sentence)\n  \(shown.joined())\n  \(indent)^"
    }

    private var sentence: String {
        switch problem {
        case .unknownWord(let word, let suggestion):
            let meant = suggestion.map { "; did you mean \"\($0)\"?" } ?? "; a rule begins with \"read\" or \"write\""
            return "there is no rule \"\(word.prefix(40).description.legible)\"" + meant
        case .noGlob: return "a glob is missing, such as \"/usr/**\""
        case .badGlob(let mistake): return "this is no glob: " + mistake.text
        case .relative: return "a glob begins with \"/\" or \"**\", because paths are absolute"
        }
    }
}
