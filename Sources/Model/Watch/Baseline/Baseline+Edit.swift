/// What somebody wants changed in a baseline.
package struct BaselineEdit: Sendable, Equatable {
    package enum Action: String, Sendable, CaseIterable {
        /// What was found is expected from now on.
        case accept
        /// As if it had never been seen; a unit as a whole learns anew.
        case forget
    }

    package enum Target: Sendable, Equatable {
        case all
        /// Combinations by their ids.
        case ids([String])
        /// The text of a glob for `BaselineUnit.name`.
        case units(PathGlob)
    }

    package var action: Action
    package var target: Target

    package init(_ action: Action, _ target: Target) { (self.action, self.target) = (action, target) }

    /// What an edit did.
    package struct Outcome: Sendable, Equatable {
        /// Combinations that were changed or removed.
        package var combinations = 0
        /// Units that learn anew.
        package var units = 0
        /// Ids that no combination has.
        package var unknown: [String] = []

        package init(combinations: Int = 0, units: Int = 0, unknown: [String] = []) {
            (self.combinations, self.units, self.unknown) = (combinations, units, unknown)
        }
    }
}

extension Baseline {
    /// One combination, with all that it is.
    package struct Combination: Sendable {
        package var unit: BaselineUnit
        package var writer: BaselineWriter
        package var place: [ByteString]
        package var entry: DirectoryTree.Entry

        package var directory: ByteString { DirectoryTree.path(of: place) }
        package var id: String { BaselineID(unit, writer, directory).description }
        /// Whether nobody could tell where it was.
        package var isUnknownPlace: Bool { place == Baseline.unknown.parts }
    }

    /// All combinations of a unit, by writer and directory.
    package func combinations(of key: BaselineUnit) -> [Combination] {
        guard let unit = units[key] else { return [] }
        return unit.writers.sorted { $0.key.order < $1.key.order }.flatMap { writer, tree in
            tree.entries.map { Combination(unit: key, writer: writer, place: $0.place, entry: $0.entry) }
        }
    }

    /// In the order in which they are shown.
    package var unitNames: [BaselineUnit] { units.keys.sorted { $0.order.lexicographicallyPrecedes($1.order) } }

    /// Does what an edit asks for; doing it twice changes nothing more.
    ///
    /// Who gave verdicts to the kernel takes them back after a `forget`, or what was forgotten is not seen again.
    package mutating func apply(_ edit: BaselineEdit, at now: Timestamp) -> BaselineEdit.Outcome {
        var outcome = BaselineEdit.Outcome()
        var missing: Set<String> = if case .ids(let ids) = edit.target { Set(ids) } else { [] }
        for key in unitNames {
            if case .units(let glob) = edit.target, !glob.matches(key.name) { continue }
            if edit.action == .forget {
                if case .ids = edit.target {
                } else {
                    outcome.combinations += units[key]?.writers.values.reduce(0) { $0 + $1.count } ?? 0
                    outcome.units += 1
                    withdrawn = []
                    units[key] = Unit(since: ran, first: now)
                    continue
                }
            }
            for combination in combinations(of: key) {
                if case .ids = edit.target, missing.remove(combination.id) == nil { continue }
                outcome.combinations += change(combination, edit.action) ? 1 : 0
            }
        }
        if case .ids(let ids) = edit.target { outcome.unknown = ids.filter(missing.contains) }
        recount()
        version += 1
        return outcome
    }

    /// Forgets findings by their ids, but what was accepted meanwhile: each is found again when it is seen again. Until a restart
    /// also if its unit learns by then, some thousands of them.
    package mutating func withdraw(_ findings: Set<String>) {
        for key in unitNames {
            var isChanged = false
            for combination in combinations(of: key)
            where combination.entry.state == .found && findings.contains(combination.id) {
                isChanged = change(combination, .forget)
                if withdrawn.count < Self.mostWithdrawn { withdrawn.insert(combination.id) }
            }
            // As if it had never been seen: what it does first is a finding then, after a restart as well.
            if isChanged, units[key]?.writers.isEmpty == true { units[key] = nil }
        }
        recount()
        version += 1
    }

    private mutating func change(_ combination: Combination, _ action: BaselineEdit.Action) -> Bool {
        let (key, writer) = (combination.unit, combination.writer)
        switch action {
        case .accept:
            guard combination.entry.state == .found else { return false }
            units[key]?.writers[writer]?.set(.accepted, at: combination.place)
            return true
        case .forget:
            let isGone = units[key]?.writers[writer]?.remove(at: combination.place) ?? false
            if units[key]?.writers[writer]?.count == 0 { units[key]?.writers[writer] = nil }
            return isGone
        }
    }

    /// Counts anew what the limits are for.
    mutating func recount() {
        (combinations, bytes, shares) = (0, 0, [:])
        for (key, unit) in units {
            let count = unit.writers.values.reduce(0) { $0 + $1.count }
            let size = unit.writers.reduce(0) { $0 + $1.key.bytes + $1.value.bytes }
            shares[key.sharing, default: Share()].add(units: 1, count, size)
            combinations += count
            bytes += size
        }
    }
}

extension BaselineUnit {
    fileprivate var order: [ByteString] {
        [slice ?? "", unit ?? "", userSlice ?? "", userUnit ?? "", container ?? ""]
    }
}

extension BaselineWriter {
    /// What its names take in a file, about.
    var bytes: Int { (executable ?? comm ?? "").count }

    fileprivate var order: (ByteString, ByteString, UInt32) { (executable ?? "", comm ?? "", uid) }
}
