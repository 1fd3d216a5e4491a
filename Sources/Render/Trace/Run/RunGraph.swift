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
    /// In the order in which they were first read.
    private let readsOfProcesses: [Int: [(file: Int, first: Moment)]]
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
        readsOfProcesses = Dictionary(grouping: reads, by: \.process).mapValues { edges in
            edges.compactMap { edge in
                history.files[edge.file].uses[edge.process]?.firstRead.map { (edge.file, $0) }
            }.sorted { $0.1 < $1.1 }
        }
        written = Set(writes.map(\.file))
        self.processes = processes.sorted()
        files = Set((reads + writes).map(\.file)).sorted()
    }

    /// What a process may have made a file of: what it read before it changed the file for the last time.
    func sources(of edge: Edge) -> [Int] {
        readsBefore(edge).map(\.file).filter { $0 != edge.file || !isNew($0) }.sorted()
    }

    /// By process: how many sources the files that it wrote have in all, which grows with the square of the files.
    func sourceCounts() -> [Int: Int] {
        writes.reduce(into: [:]) { $0[$1.process, default: 0] += readsBefore($1).count }
    }

    private func readsBefore(_ edge: Edge) -> ArraySlice<(file: Int, first: Moment)> {
        let reads = readsOfProcesses[edge.process, default: []]
        guard let last = history.files[edge.file].uses[edge.process]?.lastChange else { return [] }
        var (low, high) = (0, reads.count)
        while low < high {
            let middle = (low + high) / 2
            if reads[middle].first < last { low = middle + 1 } else { high = middle }
        }
        return reads[..<low]
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
