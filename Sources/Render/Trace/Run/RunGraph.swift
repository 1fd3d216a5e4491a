package import Model

/// The processes and files of a run that an export shows, and who read and wrote what.
///
/// A process that only runs others is shown where it is a parent of one that is shown.
package struct RunGraph {
    package struct Edge: Sendable, Hashable {
        package let process: Int
        package let file: Int
    }

    let history: RunHistory
    /// By their numbers, in order.
    let processes: [Int]
    let files: [Int]
    /// What a process read or ran, and what it made or changed.
    let reads: [Edge]
    let writes: [Edge]
    private let readsOfProcesses: [Int: [Int]]
    private let written: Set<Int>

    /// - Parameter summary: the files that are shown; probes and refusals are left out.
    package init(_ history: RunHistory, _ summary: RunSummary) {
        self.history = history
        let shown = Set(summary.entries.filter(\.fileClass.hasContents).map(\.file))
        var (reads, writes, processes) = ([] as [Edge], [] as [Edge], [] as Set<Int>)
        for process in history.processes.indices {
            reads += history.inputs(of: process).filter(shown.contains).map { Edge(process: process, file: $0) }
            writes += history.outputs(of: process).filter(shown.contains).map { Edge(process: process, file: $0) }
        }
        for edge in reads + writes {
            var number: Int? = edge.process
            while let next = number, processes.insert(next).inserted { number = history.processes[next].parent }
        }
        (self.reads, self.writes) = (reads, writes)
        readsOfProcesses = Dictionary(grouping: reads, by: \.process).mapValues { $0.map(\.file) }
        written = Set(writes.map(\.file))
        self.processes = processes.sorted()
        files = Set((reads + writes).map(\.file)).sorted()
    }

    /// What a process may have made a file of: what it read before it changed the file for the last time.
    func sources(of edge: Edge) -> [Int] {
        let last = history.files[edge.file].uses[edge.process]?.lastChange
        return readsOfProcesses[edge.process, default: []].filter { file in
            guard file != edge.file || !isNew(file), let last,
                let first = history.files[file].uses[edge.process]?.firstRead
            else { return false }
            return first < last
        }
    }

    func isNew(_ file: Int) -> Bool { history.files[file].origin == .run }

    /// Whether there is more than one state of the file: what was there before, and what the run left.
    func hasTwoStates(_ file: Int) -> Bool {
        !isNew(file) && history.isInput(file) && written.contains(file)
    }
}

extension FileClass {
    fileprivate var hasContents: Bool {
        switch self {
        case .input, .executed, .created, .modified, .replaced, .moved, .intermediate, .deleted: true
        case .unchanged, .missing, .refused, .metadata, .directory: false
        }
    }
}
