/// Which files a run may read and write: one rule a line, `read GLOB` or `write GLOB`; `#` begins a comment.
package struct AccessManifest: Sendable {
    package enum Access: String, CaseIterable, Sendable {
        /// Contents from before the run, to read or to execute them.
        case read
        /// To make, change, rename, link or delete.
        case write
    }

    package struct Mistake: Error, Equatable, Sendable {
        package enum Problem: Equatable, Sendable {
            case unknownWord(String, suggestion: String?)
            case noGlob
            case badGlob(PathGlob.Mistake)
            case relative
        }

        package let problem: Problem
        /// From 1; the column counts Unicode scalars.
        package let line: Int
        package let column: Int
        package let text: String
    }

    /// Something that no rule allows.
    package struct Breach: Sendable, Equatable {
        package let access: Access
        package let name: FileName
        /// Who did it, by their numbers in the run.
        package let processes: [Int]
    }

    /// The word that stands for the directories of the system, where programs and libraries are.
    package static let system = "@system"

    private var globs: [Access: [PathGlob]] = [:]
    private var allowsSystem: Set<Access> = []

    package init(parsing text: String) throws(Mistake) {
        // As a character, "\r\n" is not "\n".
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() { try add(String(line), number: index + 1) }
    }

    private mutating func add(_ line: String, number: Int) throws(Mistake) {
        let isBlank = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" || scalar == "\r" }
        let scalars = Array(line.unicodeScalars)
        guard let start = scalars.firstIndex(where: { !isBlank($0) }), scalars[start] != "#" else { return }
        func mistake(_ problem: Mistake.Problem, at column: Int) -> Mistake {
            Mistake(problem: problem, line: number, column: column + 1, text: line)
        }
        func string(_ part: ArraySlice<Unicode.Scalar>) -> String {
            part.reduce(into: "") { $0.unicodeScalars.append($1) }
        }
        let end = scalars[start...].firstIndex(where: isBlank) ?? scalars.count
        let word = string(scalars[start..<end])
        guard let access = Access(rawValue: word) else {
            let near = Suggestion.nearest(to: word, among: Access.allCases.map(\.rawValue))
            throw mistake(.unknownWord(word, suggestion: near), at: start)
        }
        guard let first = scalars[end...].firstIndex(where: { !isBlank($0) }),
            let last = scalars.lastIndex(where: { !isBlank($0) })
        else { throw mistake(.noGlob, at: scalars.count) }
        let glob = string(scalars[first...last])
        if glob == Self.system {
            allowsSystem.insert(access)
            return
        }
        guard glob.hasPrefix("/") || glob.hasPrefix("**") else { throw mistake(.relative, at: first) }
        do {
            globs[access, default: []].append(try PathGlob(glob))
        } catch {
            throw mistake(.badGlob(error), at: first)
        }
    }

    package func allows(_ access: Access, _ name: FileName) -> Bool {
        if globs[access]?.contains(where: { $0.matches(name.path) }) == true { return true }
        guard allowsSystem.contains(access) else { return false }
        if case .collapsed = PathNoise().place(of: name, isUntouched: true) { return true }
        return false
    }

    /// By access, then by name.
    package func breaches(in history: RunHistory) -> [Breach] {
        var breaches: [Breach] = []
        func check(_ access: Access, _ name: FileName, _ processes: [Int]) {
            guard !processes.isEmpty, !allows(access, name) else { return }
            breaches.append(Breach(access: access, name: name, processes: processes.sorted()))
        }
        for (number, file) in history.files.enumerated() where file.origin != .never {
            if history.isInput(number), let name = file.firstName {
                check(.read, name, file.uses.filter(\.value.reads).map(\.key))
            }
            let writing = history.changing.union([.made, .deleted, .renamed, .linked])
            let writers = file.uses.filter { !$0.value.acts.isDisjoint(with: writing) }.map(\.key)
            for name in file.names + file.formerNames { check(.write, name, writers) }
        }
        let order = Access.allCases
        return breaches.sorted { left, right in
            let (first, second) = (order.firstIndex(of: left.access) ?? 0, order.firstIndex(of: right.access) ?? 0)
            return (first, left.name) < (second, right.name)
        }
    }
}
