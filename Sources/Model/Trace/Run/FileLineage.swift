/// How a file came to be: the processes that made it and what it was made of, as far back as the runs go.
package struct FileLineage: Sendable {
    package struct Step: Sendable, Equatable {
        /// Which of the runs, and which of its processes, by number.
        package let run: Int
        package let process: Int
        /// What it read before it last changed what it made.
        package let inputs: [Int]
        /// What of the lineage it made or changed.
        package internal(set) var outputs: [Int]
        /// What of the lineage it gave another name only.
        package internal(set) var moved: [Int]
    }

    private struct Place: Hashable {
        let run: Int
        let number: Int
    }

    /// Whoever made something stands before whoever read it.
    package private(set) var steps: [Step] = []
    private var visited: Set<Place> = []
    private var positions: [Place: Int] = [:]
    /// By run: which file of each name somebody made, changed or renamed.
    private let makings: [[FileName: Int]]

    /// Nil when no run made, changed or renamed a file of this name.
    ///
    /// - Parameter runs: oldest first.
    package init?(of name: FileName, in runs: [RunHistory], noise: PathNoise = PathNoise()) {
        makings = runs.map { history in
            var makings: [FileName: Int] = [:]
            for (number, file) in history.files.enumerated() {
                guard !history.writers(of: number).isEmpty || !history.movers(of: number).isEmpty else { continue }
                for name in file.names.isEmpty ? file.formerNames : file.names { makings[name] = number }
            }
            return makings
        }
        guard follow(name, before: runs.count, runs, noise) else { return nil }
    }

    /// Finds the last run that had to do with how the file is.
    private mutating func follow(_ name: FileName, before end: Int, _ runs: [RunHistory], _ noise: PathNoise) -> Bool {
        for run in (0..<end).reversed() {
            guard let found = makings[run][name] else { continue }
            visit(found, run, runs, noise)
            return true
        }
        return false
    }

    private mutating func visit(_ file: Int, _ run: Int, _ runs: [RunHistory], _ noise: PathNoise) {
        guard visited.insert(Place(run: run, number: file)).inserted else { return }
        let history = runs[run]
        let isOwn = history.files[file].origin == .run
        // What was there before the run came from another one.
        if !isOwn, history.isInput(file) || history.files[file].firstName != history.files[file].name,
            let name = history.files[file].firstName
        {
            _ = follow(name, before: run, runs, noise)
        }
        for process in history.writers(of: file) {
            let last = history.files[file].uses[process]?.lastChange
            let inputs = history.inputs(of: process).filter { number in
                guard number != file || !isOwn, let read = history.files[number].uses[process]?.firstRead,
                    noise.place(of: history.files[number].name, isUntouched: true) == .shown
                else { return false }
                return last.map { read <= $0 } ?? true
            }
            for input in inputs where input != file {
                if history.files[input].origin == .run || !history.writers(of: input).isEmpty {
                    visit(input, run, runs, noise)
                } else if let name = history.files[input].firstName {
                    _ = follow(name, before: run, runs, noise)
                }
            }
            add(Step(run: run, process: process, inputs: inputs, outputs: [file], moved: []))
        }
        for process in history.movers(of: file) {
            add(Step(run: run, process: process, inputs: [], outputs: [], moved: [file]))
        }
    }

    private mutating func add(_ step: Step) {
        let place = Place(run: step.run, number: step.process)
        guard let position = positions[place] else {
            positions[place] = steps.count
            return steps.append(step)
        }
        steps[position].outputs += step.outputs
        steps[position].moved += step.moved
    }
}

extension RunHistory {
    /// The processes that gave a file another name and did not write it.
    package func movers(of file: Int) -> [Int] {
        files[file].uses.filter {
            !$0.value.acts.isDisjoint(with: [.renamed, .linked])
                && $0.value.acts.isDisjoint(with: changing.union(.made))
        }.map(\.key).sorted()
    }
}
