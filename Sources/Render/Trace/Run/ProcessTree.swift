package import Model

/// The processes of a run as a tree, each with its end and with what it read and wrote.
package struct ProcessTree {
    private let history: RunHistory
    private let noise: PathNoise
    private let mostFiles: Int

    /// - Parameter mostFiles: how many files of a process are shown of each kind; the rest is a number.
    package init(of history: RunHistory, noise: PathNoise = PathNoise(), mostFiles: Int = 20) {
        (self.history, self.noise, self.mostFiles) = (history, noise, mostFiles)
    }

    /// A process and how its line begins.
    private struct Branch {
        let process: Int
        let lead: String
        let isLast: Bool
        let depth: Int
    }

    /// How deep the tree is drawn; from there on lines say their depth.
    private static var deepest: Int { 40 }

    package var text: String {
        var text = ""
        // Not by recursion: a chain of processes can be longer than the stack.
        var waiting = branches(history.roots, lead: "", depth: 0)
        while let branch = waiting.popLast() {
            let isDrawn = 1...Self.deepest ~= branch.depth
            let joint = isDrawn ? (branch.isLast ? "└─ " : "├─ ") : branch.depth == 0 ? "" : "[\(branch.depth)] "
            text += branch.lead + joint + line(branch.process) + "\n"
            let next = branch.lead + (isDrawn ? (branch.isLast ? "   " : "│  ") : "")
            let children = history.children(of: branch.process)
            for line in files(branch.process) { text += next + (children.isEmpty ? "   " : "│  ") + line + "\n" }
            waiting += branches(children, lead: next, depth: branch.depth + 1)
        }
        return text
    }

    /// The last of them first, as they are taken from the end.
    private func branches(_ processes: [Int], lead: String, depth: Int) -> [Branch] {
        processes.enumerated().reversed().map { index, process in
            Branch(process: process, lead: lead, isLast: index == processes.count - 1, depth: depth)
        }
    }

    private func line(_ number: Int) -> String {
        let process = history.processes[number]
        var parts = ["\(process.pid)"]
        if process.programs.isEmpty {
            parts.append(
                process.forked == nil ? process.comm.legible : "(a copy of \(history.legibleCommand(of: number)))")
        } else {
            parts.append(
                process.programs.map { program in
                    commandLine(program.arguments ?? program.path.map { [$0] } ?? [], most: 200)
                }.joined(separator: " => "))
        }
        var details: [String] = []
        if let end = process.end, end != .exited(0) { details.append(end.words) }
        if let nanoseconds = process.nanoseconds { details.append(seconds(nanoseconds)) }
        if !details.isEmpty { parts.append("(\(details.joined(separator: ", ")))") }
        return parts.joined(separator: " ")
    }

    private func files(_ process: Int) -> [String] {
        let written = history.outputs(of: process)
        let deleted = history.files(of: process, .deleted)
        let moved = history.files(of: process, [.renamed, .linked])
        return list("read", history.inputs(of: process), process) + list("wrote", written, process)
            + list("renamed", moved, process) + list("deleted", deleted, process)
    }

    private func list(_ word: String, _ files: [Int], _ process: Int) -> [String] {
        var (shown, hidden) = ([] as [String], [:] as [ByteString: Int])
        for file in files {
            let isUntouched =
                history.files[file].uses[process]?.acts.isDisjoint(
                    with: history.changing.union([.made, .deleted, .renamed, .linked])) ?? true
            switch noise.place(of: history.files[file].name, isUntouched: isUntouched) {
            case .shown: shown.append("\(word) \(history.legibleName(of: file))")
            case .collapsed(let directory): hidden[directory, default: 0] += 1
            case .ignored: continue
            }
        }
        let rest = shown.count - mostFiles
        if rest > 0 { shown = shown.prefix(mostFiles) + ["\(word) \(rest) more"] }
        return shown
            + hidden.sorted { $0.key < $1.key }.map { "\(word) \(counted($0.value, "file")) in \($0.key.legible)" }
    }
}
