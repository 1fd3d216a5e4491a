/// All watch rules, in the order of the configuration.
package struct WatchRules: Sendable, Equatable {
    /// What they say of a sighting.
    package struct Judgement: Sendable, Equatable {
        /// The positions of the rules that it breaks.
        package var unexpected: [Int]
        /// What the kernel need not report any more.
        package var verdict: Sighting.Verdict
        /// Whether the container, whose name and image are not known yet, matters: some rule may be about it, or an alert would
        /// go without its name. Then nothing is to be raised, and the sighting to be judged once more when they are.
        package var awaitsContainer: Bool

        package init(unexpected: [Int], verdict: Sighting.Verdict, awaitsContainer: Bool = false) {
            (self.unexpected, self.verdict, self.awaitsContainer) = (unexpected, verdict, awaitsContainer)
        }
    }

    package let rules: [WatchRule]

    package init(_ rules: [WatchRule]) { self.rules = rules }

    /// What any of them watches for.
    package var operations: Set<WatchedOperation> { rules.reduce(into: []) { $0.formUnion($1.operations) } }

    /// - Parameter isExecutable: whether the writer runs the host's file of a path.
    ///
    /// A rule with paths is about files that the host knows by them: one that is on no mount of the host is none of those.
    /// Where a path could not be told at all, such a rule takes the worst for granted: the alert has no path.
    package func judge(
        _ placed: PlacedSighting, isExecutable: (ByteString, PlacedSighting) -> Bool
    ) -> Judgement {
        var judgement = Judgement(unexpected: [], verdict: .writer)
        var mayBeNamed = false
        for (position, rule) in rules.enumerated() {
            guard rule.scope.covers(placed) else {
                guard rule.scope.mayCover(placed) else { continue }
                if !placed.isContainerKnown { judgement.awaitsContainer = true }
                // Its name may still come: then it is judged by that.
                if placed.identity.container?.name == nil { mayBeNamed = true }
                continue
            }
            // Whoever is allowed is so whatever it does.
            if rule.allows(placed, isExecutable: isExecutable) { continue }
            if judgement.verdict == .writer { judgement.verdict = .directory }
            guard rule.operations.contains(placed.sighting.operation) else { continue }
            if !placed.isPlaceKnown || rule.paths.isEmpty || placed.hostPaths.contains(where: rule.watches)
                || placed.sighting.operation == .rename && placed.hostPaths.contains(where: rule.watchesBelow)
            {
                judgement.unexpected.append(position)
            }
            if !rule.judgesAlike(placed) { judgement.verdict = .eachFile }
        }
        if !placed.isContainerKnown, placed.identity.container != nil, !judgement.unexpected.isEmpty {
            judgement.awaitsContainer = true
        }
        if judgement.awaitsContainer || mayBeNamed { judgement.verdict = .eachFile }
        return judgement
    }

    /// The alert of a rule that a sighting breaks.
    package func alert(_ position: Int, of placed: PlacedSighting, at time: Timestamp) -> Alert {
        let rule = rules[position]
        return Alert(
            .unexpectedWriter, id: AlertID.text(.unexpectedWriter, rule: rule.key, of: placed), rule: rule.name,
            time: time, of: placed, isUrgent: rule.isUrgent)
    }
}

extension WatchRule {
    /// Whether it would say the same of every file directly in the directory.
    fileprivate func judgesAlike(_ placed: PlacedSighting) -> Bool {
        if paths.isEmpty { return true }
        guard placed.isPlaceKnown, !placed.hasMountedNeighbours else { return false }
        // A directory in it may have what is watched below it.
        if placed.sighting.operation == .rename, placed.hostDirectories.contains(where: watchesBelow) { return false }
        let coverages = placed.hostDirectories.map(coverage)
        return coverages.contains(.all) || coverages.allSatisfy { $0 == .none }
    }
}
