/// What somebody wants to see of a trace, by the options of the command line.
package struct TraceRequest: Sendable, Equatable {
    package var operations: Set<TraceOperation> = [.open]
    package var formula: FlagsFormula?
    /// Opens that may write only, and those that made a file.
    package var onlyWrites = false
    package var onlyCreated = false
    /// Only what failed, of all operations.
    package var onlyFailures = false
    package var path: PathGlob?
    package var comm: PathGlob?
    package var unit: PathGlob?
    package var container: PathGlob?
    package var uid: UInt32?
    package var format = TraceFormat.csv
    package var isWide = false
    /// Whether all that the processes do is wanted besides, for what is said of the whole run; rows stay what they are.
    package var followsRun = false
    package var architecture: Architecture

    package init(on architecture: Architecture = .native) { self.architecture = architecture }

    /// The formula and the words that stand for one; absent when opens are not chosen.
    package var wholeFormula: FlagsFormula? {
        let parts = [
            formula, onlyWrites ? .atom(.property(.write)) : nil, onlyCreated ? .atom(.property(.created)) : nil,
        ].compactMap { $0 }
        return parts.count > 1 ? .all(parts) : parts.first
    }

    /// Whether rows say which operation they are about.
    package var showsOperations: Bool { operations != [.open] }

    /// Whether the columns have paths, or a condition looks at them.
    package var needsPaths: Bool {
        isWide || showsOperations || path != nil || format == .json || format == .jsonl
    }

    /// Whether the columns have units and containers, or a condition looks at them.
    package var needsOwners: Bool {
        isWide || (showsOperations && format == .csv) || format == .json || format == .jsonl || filter.needsNames
    }

    package func selection(of scope: TraceSelection.Scope) -> TraceSelection {
        if followsRun {
            return TraceSelection(
                scope: scope, operations: Set(TraceOperation.allCases),
                writes: operations.contains(.write) ? .each : .first, wantsPaths: true)
        }
        return TraceSelection(
            scope: scope, operations: operations, opens: terms.flatMap { $0.acceptEverything ? nil : $0 },
            onlyFailures: onlyFailures, uid: uid, wantsPaths: needsPaths)
    }

    package var filter: TraceFilter {
        TraceFilter(
            operations: operations, formula: followsRun || terms?.isExact == false ? wholeFormula : nil,
            onlyFailures: followsRun && onlyFailures, uid: followsRun ? uid : nil, path: path, comm: comm,
            unit: unit, container: container, architecture: architecture)
    }

    private var terms: FlagsTerms? { wholeFormula.map { FlagsTerms($0, on: architecture) } }
}
