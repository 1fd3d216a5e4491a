package import Model

/// What a run made and from what, as a rule that make and ninja read: `out: in1 in2`.
package struct Depfile {
    package enum Refusal: Error, Equatable {
        case noTarget
        /// Make has no way to write these: a line's end, `#` after a backslash and the like.
        case cannotBeWritten(FileName)
    }

    private let targets: [ByteString]
    private let prerequisites: [ByteString]

    /// - Parameters:
    ///   - target: what the rule is for, instead of all files that the run left.
    ///   - directory: paths below it are written relative to it.
    package init(
        _ history: RunHistory, _ summary: RunSummary, target: ByteString? = nil, relativeTo directory: ByteString? = nil
    ) throws(Refusal) {
        func written(_ name: FileName) -> ByteString {
            guard let directory, name.isBelow(FileName(directory)) else { return name.path }
            let rest = name.path.bytes.dropFirst(directory.count)
            return ByteString(rest.drop { $0 == UInt8(ascii: "/") })
        }
        var (inputs, outputs) = ([] as Set<FileName>, [] as Set<FileName>)
        for entry in summary.entries {
            if entry.isInput, let name = history.files[entry.file].firstName { inputs.insert(name) }
            if entry.isOutput, let name = entry.name { outputs.insert(name) }
        }
        for name in inputs.union(target == nil ? outputs : []) {
            if !name.path.canStandInRule { throw .cannotBeWritten(name) }
        }
        let targets = target.map { [$0] } ?? outputs.sorted().map(written)
        if targets.isEmpty { throw .noTarget }
        self.targets = targets
        // What is read and written by the same run would depend on itself.
        prerequisites = inputs.subtracting(outputs).sorted().map(written).filter { !targets.contains($0) }
    }

    package var bytes: [UInt8] {
        var bytes = Array(targets.map(\.inRule).joined(separator: " ".utf8))
        bytes.append(UInt8(ascii: ":"))
        for name in prerequisites { bytes += Array(" \\\n ".utf8) + name.inRule }
        bytes.append(UInt8(ascii: "\n"))
        // As with gcc -MP: a file that is gone stops nothing.
        for name in prerequisites { bytes += Array("\n".utf8) + name.inRule + Array(":\n".utf8) }
        return bytes
    }
}

extension Depfile.Refusal {
    package var text: String {
        switch self {
        case .noTarget: "the run left no file that a rule could be for: name a target with --target"
        case .cannotBeWritten(let name): "make has no way to name the file \(name.legible): leave it out with --ignore"
        }
    }
}

extension ByteString {
    /// Make ends a rule at a line's end, whatever stands before it, and has no way to name a file with a `\` before a
    /// character that it takes for its own, nor one that looks like an assignment or begins with a tilde.
    fileprivate var canStandInRule: Bool {
        !bytes.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: ";") }
            && !bytes.contains(UInt8(ascii: "=")) && !bytes.contains(UInt8(ascii: "|"))
            && !bytes.contains(UInt8(ascii: "%"))
    }

    fileprivate var inRule: [UInt8] {
        var escaped: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "$"): escaped.append(byte)
            case 0x20, 0x09, UInt8(ascii: "#"), UInt8(ascii: ":"), UInt8(ascii: "*"), UInt8(ascii: "?"),
                UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "~"):
                escaped.append(UInt8(ascii: "\\"))
            default: break
            }
            escaped.append(byte)
        }
        return escaped
    }
}
