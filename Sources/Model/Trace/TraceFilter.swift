/// What of the events that the kernel hands over becomes rows: the conditions that the kernel does not know, or only in part.
package struct TraceFilter: Sendable, Equatable {
    package var operations: Set<TraceOperation>
    /// For opens alone.
    package var formula: FlagsFormula?
    package var onlyFailures: Bool
    package var uid: UInt32?
    /// Of an absolute path, or of a name as it was passed; of either name of an operation with two.
    package var path: PathGlob?
    package var comm: PathGlob?
    package var unit: PathGlob?
    /// Of a container's name or id.
    package var container: PathGlob?
    package var architecture: Architecture

    package init(
        operations: Set<TraceOperation> = Set(TraceOperation.allCases), formula: FlagsFormula? = nil,
        onlyFailures: Bool = false, uid: UInt32? = nil, path: PathGlob? = nil, comm: PathGlob? = nil,
        unit: PathGlob? = nil, container: PathGlob? = nil,
        architecture: Architecture = .native
    ) {
        (self.operations, self.formula, self.path, self.comm) = (operations, formula, path, comm)
        (self.onlyFailures, self.uid) = (onlyFailures, uid)
        (self.unit, self.container, self.architecture) = (unit, container, architecture)
    }

    /// Whether events must say which unit and container they are of.
    package var needsNames: Bool { unit != nil || container != nil }

    /// - Parameter owner: whose cgroup the event is of; only needed with `needsNames`.
    package func passes(_ event: TraceEvent, of owner: CgroupOwner? = nil) -> Bool {
        guard passes(operation: event) else { return false }
        if let formula, event.operation == .open, !formula.matches(event.facts, on: architecture) { return false }
        if onlyFailures, !event.isFailure { return false }
        if let uid, event.actor.uid != uid { return false }
        if let comm, !comm.matches(event.actor.comm) { return false }
        if let unit, !Self.matches(unit, owner?.unit) { return false }
        if let container, !Self.matches(container, owner?.container), !Self.matches(container, owner?.containerID) {
            return false
        }
        if let path {
            return Self.matches(path, event.path) || Self.matches(path, event.filename)
                || Self.matches(path, event.targetPath) || Self.matches(path, event.target)
        }
        return true
    }

    /// An open that made a file is a create as well, as in the kernel.
    private func passes(operation event: TraceEvent) -> Bool {
        operations.contains(event.operation)
            || (event.operation == .open && event.facts.created == true && operations.contains(.create))
    }

    private static func matches(_ glob: PathGlob, _ name: ByteString?) -> Bool {
        name.map { glob.matches($0) } ?? false
    }
}

extension TraceEvent {
    /// Whether it is known to have failed: an exit with a code other than 0 or by a signal; of forks only those that came
    /// about are told.
    fileprivate var isFailure: Bool {
        guard let result = facts.result else { return false }
        return operation == .exit ? result != 0 : result < 0
    }
}

/// Whose a cgroup is, as far as rows tell it.
package struct CgroupOwner: Hashable, Sendable {
    /// The user's unit below a user's systemd.
    package var unit: ByteString?
    package var containerID: ByteString?
    package var containerName: ByteString?

    package init(unit: ByteString? = nil, containerID: ByteString? = nil, containerName: ByteString? = nil) {
        (self.unit, self.containerID, self.containerName) = (unit, containerID, containerName)
    }

    package init(_ identity: UnitIdentity) {
        self.init(
            unit: identity.userUnit ?? identity.unit, containerID: identity.container?.id,
            containerName: identity.container?.name)
    }

    /// As rows have it: the name, or the id where the name is not known.
    package var container: ByteString? { containerName ?? containerID }
}
