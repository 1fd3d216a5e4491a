package import Model

/// What a baseline knows, for a person or a program.
package struct BaselineListing: Sendable {
    private let baseline: Baseline
    private let saved: Timestamp
    /// Whether only what was found and is not accepted is shown.
    private let onlyFound: Bool

    package init(_ baseline: Baseline, saved: Timestamp, onlyFound: Bool = false) {
        (self.baseline, self.saved, self.onlyFound) = (baseline, saved, onlyFound)
    }

    private func combinations(of key: BaselineUnit) -> [Baseline.Combination] {
        baseline.combinations(of: key).filter { !onlyFound || $0.entry.state == .found }
    }

    /// A table for each unit; names are shown so that no terminal obeys them.
    package var text: String {
        let units = baseline.unitNames.map { ($0, combinations(of: $0)) }.filter { !onlyFound || !$0.1.isEmpty }
        var text = units.map(table).joined(separator: "\n")
        if units.isEmpty {
            text = onlyFound ? "nothing new: all that was found is accepted\n" : "nothing has been seen yet\n"
        }
        let learned = baseline.ran < baseline.learnFor ? baseline.ran : baseline.learnFor
        let host =
            baseline.isLearning
            ? "the host learns: \(learned.shortText) of \(baseline.learnFor.shortText)"
            : "the host has learned for \(baseline.learnFor.shortText)"
        return text + "\n\(host); as of \(saved.text)\n"
    }

    private func table(_ key: BaselineUnit, _ combinations: [Baseline.Combination]) -> String {
        guard let unit = baseline.units[key] else { return "" }
        let left = baseline.timeLeft(unit)
        var head = "\(key.title): " + (left > .zero ? "learns for \(left.shortText) more" : "learned")
        if unit.unjudged > 0 { head += "; \(unit.unjudged) combinations found no room and are not judged" }
        let rows = combinations.map { combination in
            [
                "  " + combination.id, combination.entry.state.shown, combination.writer.shown,
                String(combination.writer.uid), combination.entry.operationNames.joined(separator: ","),
                combination.shownDirectory,
            ]
        }
        let columns = ["  ID", "STATE", "WRITER", "UID", "OPS", "DIRECTORY"]
        return head + "\n" + (rows.isEmpty ? "" : UnitListing.aligned([columns] + rows, atMost: 60))
    }

    /// `docs/schema/otagent.baseline-1.json`
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("schema", "otagent.baseline.listing/1")
            json.member("saved", saved)
            json.member("learning", baseline.isLearning)
            json.member("learn_for_seconds", baseline.learnFor / .seconds(1))
            json.member("learned_seconds", min(baseline.ran, baseline.learnFor) / .seconds(1))
            json.array("units") { json in
                for key in baseline.unitNames {
                    let combinations = combinations(of: key)
                    guard let unit = baseline.units[key], !onlyFound || !combinations.isEmpty else { continue }
                    json.object { json in
                        json.members(of: key)
                        json.member("first_seen", unit.first)
                        json.member("learning_seconds_left", baseline.timeLeft(unit) / .seconds(1))
                        json.member("unjudged", unit.unjudged)
                        json.array("combinations") { json in
                            for combination in combinations { json.object { $0.members(of: combination) } }
                        }
                    }
                }
            }
        }
        json.endLine()
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func members(of key: BaselineUnit) {
        member("unit", bytes: key.unit)
        member("slice", bytes: key.slice)
        member("user_unit", bytes: key.userUnit)
        member("user_slice", bytes: key.userSlice)
        member("container", bytes: key.container)
    }

    fileprivate mutating func members(of combination: Baseline.Combination) {
        member("id", combination.id)
        member("state", combination.entry.state.rawValue)
        member("exe", bytes: combination.writer.executable)
        member("comm", bytes: combination.writer.comm)
        member("uid", combination.writer.uid)
        member("directory", bytes: combination.isUnknownPlace ? nil : combination.directory)
        array("ops") { json in for name in combination.entry.operationNames { json.string(name) } }
        member("first_seen", combination.entry.first)
    }
}

extension DirectoryTree.Entry.State {
    fileprivate var shown: String {
        switch self {
        case .learned: "learned"
        case .found: "NEW"
        case .accepted: "accepted"
        }
    }
}

extension Baseline.Combination {
    fileprivate var shownDirectory: String { isUnknownPlace ? "(nobody could tell)" : directory.legible }
}

extension BaselineWriter {
    var shown: String { executable?.legible ?? comm.map { "[\($0.legible)]" } ?? "-" }
}

extension BaselineUnit {
    /// On one line, with what tells it from others of the name.
    var title: String {
        if let container { return "container \(container.legible)" }
        let place = [userUnit == nil ? nil : unit, slice, userSlice].compactMap { $0?.legible }
        let name = name.legible
        let rest = place.filter { $0 != name }
        return rest.isEmpty ? name : "\(name) (\(rest.joined(separator: ", ")))"
    }
}

extension Duration {
    /// In its two largest units: `3h 20m`.
    fileprivate var shortText: String {
        let seconds = components.seconds
        let parts: [(Int64, String)] = [
            (seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        let shown = parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }
        return shown.isEmpty ? "0s" : shown.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }
}
