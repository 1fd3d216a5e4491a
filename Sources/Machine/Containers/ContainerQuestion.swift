package import Model

/// What there is to learn about one container or pod; cgroups with the same question share the answer.
package struct ContainerQuestion: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        /// The runtime is absent where the path does not say it.
        case container(id: ByteString, runtime: String?)
        /// The pod alone: its own cgroup, or a container whose runtime says nothing but its name.
        case pod
        /// Directories that look like no container, but may be one's.
        case place([ByteString])
    }

    package var subject: Subject
    package var podUID: ByteString?
    /// The user whose systemd has arranged the cgroup: only what this user says is believed there.
    package var owner: UInt32?

    package init(_ subject: Subject, podUID: ByteString? = nil, owner: UInt32? = nil) {
        (self.subject, self.podUID, self.owner) = (subject, podUID, owner)
    }

    /// Nil when no runtime could add anything to what the path says.
    package init?(_ identity: UnitIdentity, path: ByteString) {
        // The kubelet's pods have a class; of podman's own no file tells the name.
        // A user can call a cgroup like any pod of the host, and has no pods of a kubelet.
        let pod = identity.userSlice != nil ? nil : identity.pod.flatMap { $0.qos == nil || $0.isNested ? nil : $0.uid }
        let owner = identity.userSlice == nil ? nil : identity.ownerUID
        // A user's systemd in a slice that does not say whose: what root's files say is not about its cgroups.
        if identity.userSlice != nil, owner == nil { return nil }
        if let container = identity.container {
            // Whoever rules the outer container can give a cgroup in it any name, that of a container outside as well.
            if container.isNested { return nil }
            if Self.isTold(container.runtime) {
                self.init(.container(id: container.id, runtime: container.runtime), podUID: pod, owner: owner)
            } else if pod != nil {
                self.init(.pod, podUID: pod)
            } else {
                return nil
            }
        } else if pod != nil {
            self.init(.pod, podUID: pod)
        } else if identity.pod == nil, let place = Self.place(identity, path) {
            self.init(.place(place), owner: owner)
        } else {
            return nil
        }
    }

    /// Whether the question has an answer that is worth keeping when it is no: any directory can be a place.
    var isAboutContainer: Bool {
        if case .place = subject { false } else { true }
    }

    /// The others' names are in the path, or in no file.
    private static func isTold(_ runtime: String?) -> Bool {
        guard let runtime else { return true }
        return ["docker", "podman", "containerd", "cri-o", "nspawn"].contains(runtime)
    }

    /// Up to the last directory that looks like an id; without one the first two of a bare cgroup.
    private static func place(_ identity: UnitIdentity, _ path: ByteString) -> [ByteString]? {
        guard identity.kind == .cgroup || path.count > longID else { return nil }
        let directories = path.containerDirectories
        if let last = directories.lastIndex(where: isLongID) { return directories[...last].map { ByteString($0) } }
        guard identity.kind == .cgroup, !directories.isEmpty else { return nil }
        return directories.prefix(2).map { ByteString($0) }
    }

    /// How many digits it has.
    private static var longID: Int { 64 }

    static func isLongID(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.count == longID
            && bytes.allSatisfy { byte in
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
            }
    }
}

/// What came of a question.
package enum ContainerAnswer: Equatable, Sendable {
    case known(ContainerDetails)
    /// Nobody who was asked knows it; the runtime may not have written it down yet.
    case unknown
    /// Who should know it hangs, or says what cannot be.
    case failed(String)
}

/// Why an answer is none.
struct LookupFailure: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
