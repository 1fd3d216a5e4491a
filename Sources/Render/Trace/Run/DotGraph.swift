internal import Model

extension RunGraph {
    /// For graphviz: a box for each process, a note for each file, arrows in the direction in which contents went.
    package var dot: String {
        var lines = ["digraph run {", "  rankdir=LR;", "  node [fontname=\"sans-serif\"];"]
        for process in processes {
            let command = history.legibleCommand(of: process, most: 80)
            lines.append("  p\(process) [shape=box, label=\(quoted(command + "\n\(history.processes[process].pid)"))];")
        }
        for file in files {
            let style = history.isOutput(file) ? ", style=bold" : history.files[file].isGone ? ", style=dashed" : ""
            lines.append("  f\(file) [shape=note\(style), label=\(quoted(history.legibleName(of: file)))];")
        }
        for edge in reads { lines.append("  f\(edge.file) -> p\(edge.process);") }
        for edge in writes { lines.append("  p\(edge.process) -> f\(edge.file);") }
        for process in processes {
            guard let parent = history.processes[process].parent else { continue }
            lines.append("  p\(parent) -> p\(process) [style=dotted, arrowhead=none];")
        }
        return lines.joined(separator: "\n") + "\n}\n"
    }

    /// In a string of dot a backslash begins an escape sequence; the only one that we mean is the line's end.
    private func quoted(_ label: String) -> String {
        var text = "\""
        for scalar in label.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            // `&` begins an entity, as in HTML.
            case "&": text += "&amp;"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
