package import Kernel
package import Model

/// What the doctor found.
package struct DoctorReport: Sendable, Equatable {
    /// Something about this host that the agent depends on.
    package struct Check: Sendable, Equatable {
        package enum Status: String, Sendable {
            case ok
            /// The agent runs without it, and sees or says less.
            case missing
            /// The agent cannot run.
            case failed
        }

        package var name: String
        package var status: Status
        package var sentence: String

        package init(_ name: String, _ status: Status, _ sentence: String) {
            (self.name, self.status, self.sentence) = (name, status, sentence)
        }
    }

    /// An operation of the self-test and what became of it.
    package struct Operation: Sendable, Equatable {
        package enum Status: String, Sendable, CaseIterable {
            case seen
            case notSeen = "not seen"
            /// The host does not do such a thing, so there was nothing to be seen.
            case notPossible = "not possible"
            case failed
        }

        package var operation: SelfTestOperation
        package var status: Status
        /// Absent when it was not performed.
        package var counted: Counters?
        package var reason: String?

        package init(
            _ operation: SelfTestOperation, _ status: Status, counted: Counters? = nil, reason: String? = nil
        ) {
            (self.operation, self.status, self.counted, self.reason) = (operation, status, counted, reason)
        }
    }

    package var checks: [Check] = []
    /// What this version does not see on any host, as sentences.
    package var notSeen: [String] = []
    /// Empty when the programs could not be loaded.
    package var loaded: [LoadedProgram] = []
    /// Empty when the programs could not be loaded.
    package var operations: [Operation] = []
    /// Why the self-test ended early.
    package var selfTestFailure: String?

    package init() {}

    /// 77 when the agent cannot run here, 1 when something possible was not seen.
    package var exitStatus: ExitStatus {
        if checks.contains(where: { $0.status == .failed }) { return .hostCannot }
        let isFine = selfTestFailure == nil && operations.allSatisfy { $0.status == .seen || $0.status == .notPossible }
        return isFine ? .fine : .failed
    }

    func count(_ status: Operation.Status) -> Int { operations.count { $0.status == status } }
}
