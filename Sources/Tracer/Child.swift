internal import CChild
internal import Dispatch
internal import Glibc
package import Model

/// A command that runs as a child; its number stays its own until this is gone.
package final class Child: Sendable {
    package let pid: Int32

    private init(_ pid: Int32) { self.pid = pid }

    /// What the child is to become.
    package struct Plan: Sendable {
        /// Its name first; not empty.
        package var arguments: [ByteString]
        package var environment: ChildEnvironment
        /// As whom, when not as the tracer.
        package var user: ChildUser?
        /// As the tracer found them when it was started; signal N is bit N - 1.
        package var blockedSignals: UInt64 = 0
        package var ignoredSignals: UInt64 = 0

        package init(_ arguments: [ByteString], environment: ChildEnvironment, user: ChildUser? = nil) {
            (self.arguments, self.environment, self.user) = (arguments, environment, user)
        }
    }

    /// What went wrong before it was the program.
    package enum Failure: Error, Sendable, Equatable {
        /// It could not be started in the cgroup, but maybe outside.
        case cgroup(String)
        case refused(TraceRefusal)
    }

    /// Returns when the child is the program.
    package static func start(_ plan: Plan, in cgroup: ChildCgroup?) throws(Failure) -> Child {
        let outcome = withCStrings(plan.environment.candidates(for: plan.arguments.first ?? "")) { paths in
            withCStrings(plan.arguments) { arguments in
                withCStrings(["/bin/sh", ""] + plan.arguments.dropFirst()) { shell in
                    withCStrings(plan.environment.entries) { environment in
                        let groups = plan.user?.groups ?? []
                        return groups.withUnsafeBufferPointer { groups in
                            paths.withMemoryRebound(to: UnsafePointer<CChar>?.self, capacity: 1) { paths in
                                var plan = cchild_plan(
                                    paths: paths, arguments: arguments, environment: environment,
                                    shell_arguments: shell, cgroup: cgroup?.directory ?? -1,
                                    cgroup_processes: cgroup?.processesFile ?? -1,
                                    changes_user: plan.user == nil ? 0 : 1, user: plan.user?.uid ?? 0,
                                    group: plan.user?.gid ?? 0, groups: groups.baseAddress,
                                    group_count: groups.count, blocked: plan.blockedSignals,
                                    ignored: plan.ignoredSignals)
                                return cchild_start(&plan)
                            }
                        }
                    }
                }
            }
        }
        guard outcome.step != CCHILD_DONE else { return Child(outcome.pid) }
        throw failure(outcome, plan)
    }

    deinit {
        // Only after `wait`: whoever ends before the child leaves it to the system.
        var status: CInt = 0
        waitpid(pid, &status, WNOHANG)
    }

    package func signal(_ number: Int32) { kill(pid, number) }

    /// Waits until it has ended.
    package func wait() async -> ProcessEnding? {
        let pid = pid
        return await withCheckedContinuation { continuation in
            DispatchQueue(label: "command").async {
                var (code, signal): (CInt, CInt) = (0, 0)
                let result = cchild_wait(pid, &code, &signal)
                continuation.resume(
                    returning: result != 0 ? nil : signal == 0 ? .exited(code) : .killed(signal: signal))
            }
        }
    }

    private static func failure(_ outcome: cchild_outcome, _ plan: Plan) -> Failure {
        let reason = String(cString: strerror(outcome.error))
        let name = (plan.arguments.first ?? "").legible
        func refused(_ why: TraceRefusal.Reason, _ sentence: String) -> Failure {
            .refused(TraceRefusal(why, sentence))
        }
        switch outcome.step {
        case CCHILD_CGROUP: return .cgroup(reason)
        case CCHILD_GROUPS, CCHILD_GROUP, CCHILD_USER:
            return refused(.failure, "cannot become \(plan.user?.shown ?? "another user"): \(reason)")
        case CCHILD_FIND:
            if plan.arguments.first?.bytes.contains(UInt8(ascii: "/")) == true {
                return refused(.commandNotFound, "\(name): \(reason)")
            }
            let searched = plan.environment.searched.map(\.legible).joined(separator: ":")
            return refused(.commandNotFound, "\(name): not found in PATH, which is \(searched)")
        case CCHILD_INTERPRETER:
            return refused(
                .commandNotExecutable, "\(name): what is to run it (the first line's #!, or the loader) is not there")
        case CCHILD_EXECUTE: return refused(.commandNotExecutable, "\(name): cannot be executed: \(reason)")
        default: return refused(.failure, "cannot start \(name): \(reason)")
        }
    }

    /// The strings as C has them, ended by NULL.
    private static func withCStrings<Result>(
        _ strings: [ByteString], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let room = strings.reduce(0) { $0 + $1.count + 1 }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: max(room, 1)) { characters in
            withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<CChar>?.self, capacity: strings.count + 1) { list in
                guard let start = characters.baseAddress, let base = list.baseAddress else {
                    preconditionFailure("an allocation without an address")
                }
                var place = start
                for (index, string) in strings.enumerated() {
                    base[index] = place
                    for byte in string.bytes {
                        place.pointee = CChar(bitPattern: byte)
                        place += 1
                    }
                    place.pointee = 0
                    place += 1
                }
                base[strings.count] = nil
                return body(base)
            }
        }
    }
}
