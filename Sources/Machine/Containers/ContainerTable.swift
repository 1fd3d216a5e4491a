internal import Model

/// Which questions about containers are open, answered or given up: a pure value, with time as an argument.
///
/// A question is asked once for all cgroups it is about, a few times as long as nobody knows the container, and never
/// again while one of the cgroups is there.
struct ContainerTable {
    private enum State {
        case waiting
        case asked
        /// Asked, and not answered in time: an answer may come yet.
        case hung
        case known(ContainerDetails)
        case givenUp
    }

    private struct Entry {
        var state: State = .waiting
        var cgroups: Set<CgroupID>
        var attempts = 0
        /// Where it waits: behind that pause.
        var line = 0
        var hangs = 0
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
    /// One for each attempt, and one for what was put off: as the pauses in it are all the same, each is sorted by itself.
    private var lines: [Line]
    private var news: [(CgroupID, ContainerDetails)] = []
    private var failed: UInt64 = 0
    /// Why, since the last time somebody asked: a few of them.
    private var reasons: [String] = []
    /// The last one is that of what was put off.
    private let pauses: [Int64]
    private let limit: Int
    private let whose: String

    /// Before each attempt: a runtime may write its files a little after it has made the cgroup.
    static let usualPauses: [Duration] = [
        .zero, .milliseconds(100), .milliseconds(500), .seconds(2), .seconds(5), .seconds(15), .seconds(30),
    ]
    /// So many failures are no coincidence: they are counted, though it is tried again.
    private static let mostFailures = 4
    /// What is no container will not become one.
    private static let attemptsForPlaces = 2

    /// How long a question waits when nobody is there to ask it.
    static let putOff: Duration = .seconds(30)

    /// - Parameters:
    ///   - limit: how many questions are kept; beyond it new ones fail.
    ///   - whose: completes the sentence that says so.
    init(pauses: [Duration] = usualPauses, limit: Int = 20_000, whose: String = "") {
        self.pauses = (pauses + [Self.putOff]).map {
            $0.components.seconds * 1_000_000_000 + $0.components.attoseconds / 1_000_000_000
        }
        (self.limit, self.whose) = (limit, whose)
        lines = self.pauses.map { _ in Line() }
    }

    private var mostAttempts: Int { pauses.count - 1 }

    var count: Int { entries.count }

    func isAsking(_ question: ContainerQuestion) -> Bool { entries[question] != nil }

    /// Whether there is nothing in it that anybody may want yet.
    var isIdle: Bool { entries.isEmpty && news.isEmpty && failed == 0 }

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
            wait(question, in: 0, now)
        } else {
            count(failure: "more than \(limit) containers\(whose)")
        }
    }

    private mutating func wait(_ question: ContainerQuestion, in line: Int, _ now: Int64) {
        entries[question]?.state = .waiting
        entries[question]?.line = line
        lines[line].append(question, due: now + pauses[line])
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
                guard case .waiting? = entries[question]?.state, entries[question]?.line == line else { continue }
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
        switch entry.state {
        case .asked: goOn(question, entry, unless: false, now)
        // Once may have been an accident.
        case .hung: goOn(question, entry, unless: entry.hangs > 1, now)
        case .waiting, .known, .givenUp: break
        }
    }

    private mutating func goOn(_ question: ContainerQuestion, _ entry: Entry, unless isOver: Bool, _ now: Int64) {
        if !isOver,
            entry.attempts < (question.isAboutContainer ? mostAttempts : min(Self.attemptsForPlaces, mostAttempts))
        {
            wait(question, in: entry.attempts, now)
        } else {
            giveUp(question)
        }
    }

    /// Counts a question that was asked and not answered in time. What is answered yet is taken; if that is nothing, it is
    /// asked again when this was the first time.
    mutating func hung(_ question: ContainerQuestion, _ reason: String) {
        guard case .asked? = entries[question]?.state else { return }
        entries[question]?.state = .hung
        entries[question]?.hangs += 1
        entries[question]?.failure = reason
        countFailure(of: question)
    }

    /// Puts off all that is due, because nobody is there to ask it, and counts each of them once.
    mutating func putOff(_ now: Int64, _ reason: String) {
        var due: [ContainerQuestion] = []
        while let question = next(now) { due.append(question) }
        for question in due {
            // It was not asked after all.
            entries[question]?.attempts -= 1
            entries[question]?.failure = reason
            countFailure(of: question)
            wait(question, in: lines.count - 1, now)
        }
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

    /// Counts a question for which there is no room.
    mutating func refuse(_ reason: String) { count(failure: reason) }

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
