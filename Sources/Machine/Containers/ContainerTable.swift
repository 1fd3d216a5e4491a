internal import Model

/// Which questions about containers are open, answered or given up: a pure value, with time as an argument.
///
/// A question is asked once for all cgroups it is about, a few times as long as nobody knows the container, and never
/// again while one of the cgroups is there.
struct ContainerTable {
    private enum State {
        case waiting
        case asked
        case known(ContainerDetails)
        case givenUp
    }

    private struct Entry {
        var state: State = .waiting
        var cgroups: Set<CgroupID>
        var attempts = 0
        /// Why the last attempt failed; absent once it is counted.
        var failure: String?
        var failures = 0
        var isCounted = false
    }

    /// Questions in the order in which they are due.
    private struct Line {
        private var waiting: [(question: ContainerQuestion, due: Int64)] = []
        private var head = 0

        func isDue(_ now: Int64) -> Bool { head < waiting.count && waiting[head].due <= now }

        /// What waits, and what was asked and has not gone yet.
        var kept: Int { waiting.count }

        mutating func append(_ question: ContainerQuestion, due: Int64) { waiting.append((question, due)) }

        mutating func removeFirst() -> ContainerQuestion {
            defer {
                head += 1
                // What was asked goes in time, also while there is always something that waits.
                if head >= 64, head * 2 >= waiting.count { (waiting, head) = (Array(waiting[head...]), 0) }
            }
            return waiting[head].question
        }
    }

    private var entries: [ContainerQuestion: Entry] = [:]
    private var questions: [CgroupID: ContainerQuestion] = [:]
    /// One for each attempt: as the pauses before it are all the same, each is sorted by itself.
    private var lines: [Line]
    private var news: [(CgroupID, ContainerDetails)] = []
    private var failed: UInt64 = 0
    /// Why, since the last time somebody asked: a few of them.
    private var reasons: [String] = []
    private let pauses: [Int64]
    private let limit: Int

    /// Before each attempt: a runtime may write its files a little after it has made the cgroup.
    static let usualPauses: [Duration] = [
        .zero, .milliseconds(100), .milliseconds(500), .seconds(2), .seconds(5), .seconds(15), .seconds(30),
    ]
    /// So many failures are no coincidence: they are counted, though it is tried again.
    private static let mostFailures = 4
    /// What is no container will not become one.
    private static let attemptsForPlaces = 2

    /// - Parameter limit: how many questions are kept; beyond it new ones fail.
    init(pauses: [Duration] = usualPauses, limit: Int = 20_000) {
        self.pauses = pauses.map { $0.components.seconds * 1_000_000_000 + $0.components.attoseconds / 1_000_000_000 }
        self.limit = limit
        lines = pauses.map { _ in Line() }
    }

    var count: Int { entries.count }

    /// Notes that a cgroup wants an answer; one that is there already comes with the next news.
    mutating func want(_ cgroup: CgroupID, _ question: ContainerQuestion, now: Int64) {
        // A cgroup that was moved asks again, perhaps the same.
        if let before = questions[cgroup], before != question { forget([cgroup]) }
        if entries[question] != nil {
            questions[cgroup] = question
            entries[question]?.cgroups.insert(cgroup)
            if case .known(let details)? = entries[question]?.state { news.append((cgroup, details)) }
        } else if entries.count < limit {
            questions[cgroup] = question
            entries[question] = Entry(cgroups: [cgroup])
            lines[0].append(question, due: now + pauses[0])
        } else {
            count(failure: "more than \(limit) containers")
        }
    }

    /// How many questions take room in the lines.
    var kept: Int { lines.reduce(0) { $0 + $1.kept } }

    func hasDue(_ now: Int64) -> Bool { lines.contains { $0.isDue(now) } }

    /// The next question to ask; whoever takes it says what came of it.
    mutating func next(_ now: Int64) -> ContainerQuestion? {
        for line in lines.indices {
            while lines[line].isDue(now) {
                let question = lines[line].removeFirst()
                // Forgotten meanwhile, and perhaps asked anew since: then it stands in the first line.
                guard case .waiting? = entries[question]?.state, entries[question]?.attempts == line else { continue }
                entries[question]?.state = .asked
                entries[question]?.attempts += 1
                return question
            }
        }
        return nil
    }

    mutating func answered(_ question: ContainerQuestion, _ answer: ContainerAnswer, now: Int64) {
        guard let entry = entries[question] else { return }
        switch answer {
        case .known(let details):
            entries[question]?.state = .known(details)
            news += entry.cgroups.map { ($0, details) }
            return
        case .unknown: entries[question]?.failure = nil
        case .failed(let reason):
            entries[question]?.failure = reason
            entries[question]?.failures += 1
            if entry.failures + 1 == Self.mostFailures { countFailure(of: question) }
        }
        guard case .asked = entry.state else { return }
        if entry.attempts < (question.isAboutContainer ? pauses.count : min(Self.attemptsForPlaces, pauses.count)) {
            entries[question]?.state = .waiting
            lines[entry.attempts].append(question, due: now + pauses[entry.attempts])
        } else {
            giveUp(question)
        }
    }

    /// Ends a question that nobody could be asked, or that nobody answered in time.
    mutating func failed(_ question: ContainerQuestion, _ reason: String) {
        entries[question]?.failure = reason
        giveUp(question)
    }

    private mutating func giveUp(_ question: ContainerQuestion) {
        countFailure(of: question)
        if question.isAboutContainer {
            entries[question]?.state = .givenUp
        } else {
            remove(question)
        }
    }

    /// Forgets cgroups, and with the last of them what was learned for them.
    mutating func forget(_ cgroups: Set<CgroupID>) {
        for cgroup in cgroups {
            guard let question = questions.removeValue(forKey: cgroup) else { continue }
            entries[question]?.cgroups.remove(cgroup)
            guard entries[question]?.cgroups.isEmpty ?? false else { continue }
            countFailure(of: question)
            remove(question)
        }
    }

    private mutating func remove(_ question: ContainerQuestion) {
        for cgroup in entries[question]?.cgroups ?? [] { questions[cgroup] = nil }
        entries[question] = nil
    }

    /// Counts a question whose last attempt failed, once however often it fails.
    private mutating func countFailure(of question: ContainerQuestion) {
        guard let entry = entries[question], let failure = entry.failure, !entry.isCounted else { return }
        entries[question]?.isCounted = true
        count(failure: failure)
    }

    private mutating func count(failure: String) {
        failed += 1
        if reasons.count < 16, !reasons.contains(failure) { reasons.append(failure) }
    }

    /// What was learned since the last time.
    mutating func takeNews() -> [(CgroupID, ContainerDetails)] { exchange(&news, with: []) }

    /// How many questions failed since the last time, and some of the reasons.
    mutating func takeFailures() -> (count: UInt64, reasons: [String]) {
        (exchange(&failed, with: 0), exchange(&reasons, with: []))
    }
}
