internal import Dispatch
package import Model
internal import Synchronization

/// Asks once about all containers there are, for no longer than a given time.
package enum ContainerSurvey {
    package struct Findings: Sendable {
        package var known: [(CgroupID, ContainerDetails)] = []
        /// How many cgroups nobody answered for in time.
        package var unanswered = 0
        /// What somebody should know besides, fit to be read.
        package var remarks: [String] = []
    }

    /// What users keep is asked for beside what root keeps, and does not make that wait.
    package static func take(
        _ wanted: [(CgroupID, ContainerQuestion)], _ sources: ContainerReader.Sources, within limit: Duration
    ) -> Findings {
        take(wanted, within: limit) {
            var reader = ContainerReader(sources)
            return { reader.answer($0) }
        } remarks: {
            sources.sockets.compactMap { $0.takeRemark(superuser: sources.superuser)?.legible }
        }
    }

    static func take(
        _ wanted: [(CgroupID, ContainerQuestion)], within limit: Duration,
        makeReader: @escaping @Sendable () -> (ContainerQuestion) -> ContainerAnswer,
        remarks: () -> [String] = { [] }
    ) -> Findings {
        let answers = Answers()
        let group = DispatchGroup()
        let (seconds, attoseconds) = limit.components
        let deadline = DispatchTime.now() + Double(seconds) + Double(attoseconds) / 1e18
        for lane in ContainerDesks.Lane.allCases {
            var questions: [ContainerQuestion] = []
            var seen: Set<ContainerQuestion> = []
            for (_, question) in wanted where ContainerDesks.Lane(question) == lane && seen.insert(question).inserted {
                questions.append(question)
            }
            if questions.isEmpty { continue }
            DispatchQueue(label: "container names").async(group: group) { [questions] in
                let answer = makeReader()
                for question in questions {
                    if answers.isOver { return }
                    answers.add(answer(question), to: question)
                }
            }
        }
        _ = group.wait(timeout: deadline)
        let told = answers.end()
        var findings = Findings(remarks: remarks())
        for (cgroup, question) in wanted {
            switch told[question] {
            case .known(let details)?: findings.known.append((cgroup, details))
            case .unknown?, .failed?: break
            case nil: findings.unanswered += 1
            }
        }
        return findings
    }

    private final class Answers: Sendable {
        private let state = Mutex<(answers: [ContainerQuestion: ContainerAnswer], isOver: Bool)>(([:], false))

        var isOver: Bool { state.withLock { $0.isOver } }

        func add(_ answer: ContainerAnswer, to question: ContainerQuestion) {
            state.withLock { if !$0.isOver { $0.answers[question] = answer } }
        }

        func end() -> [ContainerQuestion: ContainerAnswer] {
            state.withLock { state in
                state.isOver = true
                return state.answers
            }
        }
    }
}
