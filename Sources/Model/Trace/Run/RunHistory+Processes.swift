/// What single processes did.
extension RunHistory {
    /// The files that a process did any of this with, in the order in which the run met them.
    package func files(of process: Int, _ acts: FileUse.Acts) -> [Int] {
        filesOfProcesses[process].filter { files[$0].uses[process]?.acts.isDisjoint(with: acts) == false }
    }

    /// What a process read or ran that it had not made or changed before itself; no directories.
    package func inputs(of process: Int) -> [Int] {
        filesOfProcesses[process].filter { number in
            files[number].uses[process].map { isInput($0) } == true && fileClass(of: number) != .directory
        }
    }

    /// What a process made or changed the contents of; no directories.
    package func outputs(of process: Int) -> [Int] {
        files(of: process, changing.union(.made)).filter { fileClass(of: $0) != .directory }
    }

    /// The processes that changed the contents of a file, in the order of their last change; where nobody did, who made it.
    package func writers(of file: Int) -> [Int] {
        func processes(_ acts: FileUse.Acts) -> [Int] {
            files[file].uses.filter { !$0.value.acts.isDisjoint(with: acts) }
                .sorted { ($0.value.lastChange?.order ?? 0, $0.key) < ($1.value.lastChange?.order ?? 0, $1.key) }
                .map(\.key)
        }
        let changers = processes(changing)
        return changers.isEmpty ? processes(.made) : changers
    }

    package func children(of process: Int) -> [Int] { childrenOfProcesses[process] }

    /// The processes whose parent is none of the run's.
    package var roots: [Int] { processes.indices.filter { processes[$0].parent == nil } }

    /// What a process was doing: the arguments of its last program, or of the program it is a copy of; else its name.
    package func command(of process: Int) -> [ByteString] {
        let process = processes[process]
        return process.arguments ?? process.inherited ?? [process.comm]
    }
}
