internal import Model

/// Answers questions about containers from the files of their runtimes and, if there are any, over sockets.
///
/// It reads files that others write, so it may be slow or even hang: never asked on the way of a window.
package struct ContainerReader {
    /// What may be asked, and where.
    package struct Sources: Sendable {
        /// Absent: no files are read.
        package var root: String?
        /// More directories with the state of a runtime.
        package var stateDirectories: [String] = []
        package var sockets: [DockerSocket] = []
        /// Who root is: another one in tests only.
        package var superuser: UInt32 = 0

        package init(root: String? = "/", stateDirectories: [String] = [], sockets: [DockerSocket] = []) {
            (self.root, self.stateDirectories, self.sockets) = (root, stateDirectories, sockets)
        }
    }

    private let sources: Sources
    private let directories: RuntimeDirectories?
    private let users: UsersDirectories
    private var storage = ContainersStorage()

    package init(_ sources: Sources) { self.init(sources, users: UsersDirectories()) }

    /// - Parameter users: what is known of users' directories, beyond the life of this reader.
    init(_ sources: Sources, users: UsersDirectories) {
        (self.sources, self.users) = (sources, users)
        directories = sources.root.map { RuntimeDirectories(root: $0, extra: sources.stateDirectories) }
    }

    package mutating func answer(_ question: ContainerQuestion) -> ContainerAnswer {
        do throws(LookupFailure) {
            guard var details = try details(question) else { return .unknown }
            if let uid = question.podUID {
                if let said = details.podUID, said != uid {
                    return .failed("the files of a container in pod \(uid) say that it is in pod \(said)")
                }
                if details.podName == nil || details.podNamespace == nil, let pod = try pod(uid) {
                    (details.podName, details.podNamespace) = (pod.podName, pod.podNamespace)
                }
            }
            return .known(details)
        } catch {
            return .failed(error.reason)
        }
    }

    private mutating func details(_ question: ContainerQuestion) throws(LookupFailure) -> ContainerDetails? {
        switch question.subject {
        case .pod:
            return try pod(question.podUID)
        case .place(let place):
            return try details(ofPlace: place, question)
        case .container(let id, let runtime):
            let details = try details(of: id, runtime, question.owner)
            // The pod is in the path whatever its containers say.
            if let details { return details }
            return try pod(question.podUID)
        }
    }

    private func pod(_ uid: ByteString?) throws(LookupFailure) -> ContainerDetails? {
        guard let uid, let directories else { return nil }
        return try directories.pod(uid)
    }

    private mutating func details(
        ofPlace place: [ByteString], _ question: ContainerQuestion
    ) throws(LookupFailure) -> ContainerDetails? {
        if let last = place.last, ContainerQuestion.isLongID(last.bytes) {
            var details = try details(of: last, nil, question.owner)
            details?.place = ContainerDetails.Place(id: last, depth: place.count)
            return details
        }
        guard question.owner == nil, let directories else { return nil }
        if let details = try directories.containerdContainer(at: place) { return details }
        return try directories.plainContainer(at: place)
    }

    private mutating func details(
        of id: ByteString, _ runtime: String?, _ owner: UInt32?
    ) throws(LookupFailure) -> ContainerDetails? {
        // A file that cannot be read is told only when nobody else knows the container.
        var failure: LookupFailure?
        for source in Source.allCases where source.runtimes.contains(runtime) {
            do throws(LookupFailure) {
                if let details = try ask(source, id, owner) { return details }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return nil
    }

    /// In the order in which they are asked.
    private enum Source: CaseIterable {
        case containerd, crio, podman, docker, machines, sockets

        /// Whose containers may be found there, by what their path says.
        var runtimes: [String?] {
            switch self {
            case .containerd: ["containerd", nil]
            case .crio: ["cri-o", nil]
            case .podman: ["podman", nil]
            // Under the kubelet docker's containers look like containerd's, and in truth are.
            case .docker: ["docker", "containerd", nil]
            case .machines: ["nspawn"]
            case .sockets: ["docker", "podman", nil]
            }
        }
    }

    private mutating func ask(
        _ source: Source, _ id: ByteString, _ owner: UInt32?
    ) throws(LookupFailure) -> ContainerDetails? {
        if source == .sockets { return try askSockets(id, owner) }
        guard let root = sources.root,
            let directories = owner.map({ users.directories(of: $0, root: root) }) ?? directories,
            let name = id.asFileName
        else { return nil }
        switch source {
        case .containerd: return try owner == nil ? directories.containerdContainer(id) : nil
        case .crio: return try owner == nil ? ContainersStorage.crio(name, in: directories.storage) : nil
        case .podman: return try storage.podman(name, in: directories.storage, owner: owner)
        case .docker: return try directories.dockerContainer(id, owner: owner)
        case .machines: return try owner == nil ? directories.machine(id) : nil
        case .sockets: return nil
        }
    }

    private func askSockets(_ id: ByteString, _ owner: UInt32?) throws(LookupFailure) -> ContainerDetails? {
        var failure: LookupFailure?
        for socket in sources.sockets {
            do throws(LookupFailure) {
                if let details = try socket.container(id, servedBy: owner ?? sources.superuser) { return details }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return nil
    }
}
