/// What a run read and what became of the files: each in one class.
package struct RunSummary: Sendable {
    package struct Entry: Sendable {
        /// The file's number in the run.
        package let file: Int
        /// Nil for a file that never had a name.
        package let name: FileName?
        package let fileClass: FileClass
        package let isInput: Bool
        package let isOutput: Bool
    }

    /// Those of a directory that is shown as one line.
    package struct Group: Sendable {
        package let directory: ByteString
        package let counts: [FileClass: Int]
    }

    /// By class, then by name.
    package let entries: [Entry]
    package let groups: [Group]
    package let ignored: Int

    package init(_ history: RunHistory, noise: PathNoise = PathNoise()) {
        var entries: [Entry] = []
        var groups: [ByteString: [FileClass: Int]] = [:]
        var ignored = 0
        for number in history.files.indices {
            guard let fileClass = history.fileClass(of: number) else { continue }
            let name = history.files[number].name
            switch noise.place(of: name, isUntouched: fileClass.isUntouched) {
            case .ignored: ignored += 1
            case .collapsed(let directory): groups[directory, default: [:]][fileClass, default: 0] += 1
            case .shown:
                entries.append(
                    Entry(
                        file: number, name: name, fileClass: fileClass, isInput: history.isInput(number),
                        isOutput: history.isOutput(number)))
            }
        }
        self.entries = entries.sorted { $0.key < $1.key }
        self.groups = groups.map { Group(directory: $0.key, counts: $0.value) }.sorted { $0.directory < $1.directory }
        self.ignored = ignored
    }

    package func entries(_ fileClass: FileClass) -> [Entry] { entries.filter { $0.fileClass == fileClass } }
}

extension RunSummary.Entry {
    fileprivate var key: (Int, FileName, Int) {
        (FileClass.allCases.firstIndex(of: fileClass) ?? 0, name ?? "", file)
    }
}

extension FileClass {
    /// Whether the file is after the run as it was before, if it was.
    package var isUntouched: Bool {
        switch self {
        case .input, .executed, .unchanged, .missing, .refused, .metadata, .directory: true
        case .created, .modified, .replaced, .moved, .intermediate, .deleted: false
        }
    }
}
