internal import FoundationEssentials
internal import Glibc
internal import Model

/// The list of containers that podman keeps: one file with all of them, read again only when it has changed.
struct ContainersStorage {
    private struct Listed: Decodable {
        var id: String
        var names: [String]?
        /// JSON in a string.
        var metadata: String?
    }

    private struct Metadata: Decodable {
        var name: String?
        var image: String?
        enum CodingKeys: String, CodingKey {
            case name
            case image = "image-name"
        }
    }

    private struct Stamp: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int

        init?(_ path: String, _ owner: UInt32?) {
            var status = stat()
            if let owner {
                guard let place = UsersPlace(ByteString(path), of: owner) else { return nil }
                status = place.status
            } else if lstat(path, &status) != 0 {
                return nil
            }
            (inode, size) = (UInt64(status.st_ino), Int64(status.st_size))
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    /// Those of `podman run --rm` are in the second one.
    private static let lists = ["containers.json", "volatile-containers.json"]

    /// Bytes of a user's list: thousands of containers, and no burden for the host's agent.
    private static var largeOfUser: Int { 4 << 20 }
    private static var mostKept: Int { 16 }
    /// No more drivers of storage are in use at once.
    private static var mostFolders: Int { 8 }

    private var read: [String: (stamp: Stamp, containers: [String: Listed])] = [:]

    /// From `<driver>-containers/containers.json`, which podman replaces as a whole.
    mutating func podman(
        _ id: String, in directories: [String], owner: UInt32?
    ) throws(LookupFailure) -> ContainerDetails? {
        let folders = Self.folders(in: directories, owner)
        for path in folders.flatMap({ folder in Self.lists.map { "\(folder)/\($0)" } }) {
            guard let listed = try containers(path, owner)[id] else { continue }
            var details = ContainerDetails(runtime: "podman", name: .name(listed.names?.first))
            if let metadata = listed.metadata {
                let read = try StateFile.json(Metadata.self, in: Array(metadata.utf8), named: "\(path), \(id)")
                details.image = .name(read.image)
                if details.name == nil { details.name = .name(read.name) }
            }
            return details
        }
        return nil
    }

    private mutating func containers(_ path: String, _ owner: UInt32?) throws(LookupFailure) -> [String: Listed] {
        guard let stamp = Stamp(path, owner) else { return [:] }
        if let known = read[path], known.stamp == stamp { return known.containers }
        let limit = owner == nil ? StateFile.large : Self.largeOfUser
        guard let bytes = try StateFile.bytes(path, limit: limit, owner: owner) else { return [:] }
        // A storage without containers may have an empty file.
        let list = bytes.isEmpty ? [] : try StateFile.json([Listed].self, in: bytes, named: path)
        let containers = Dictionary(list.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        if read.count >= Self.mostKept { read.removeAll() }
        read[path] = (stamp, containers)
        return containers
    }

    /// From the annotations in a container's own configuration, where CRI-O puts everything the kubelet told it.
    static func crio(_ id: String, in directories: [String]) throws(LookupFailure) -> ContainerDetails? {
        for folder in folders(in: directories, nil) {
            let path = "\(folder)/\(id)/userdata/config.json"
            guard let bundle = try StateFile.json(BundleConfiguration.self, at: path),
                let annotations = bundle.annotations, annotations["io.container.manager"] == "cri-o"
            else { continue }
            guard annotations["io.kubernetes.cri-o.ContainerID"].map({ $0 == id }) ?? true else {
                throw LookupFailure("\(path) is about another container")
            }
            var details = ContainerDetails(runtime: "cri-o")
            details.name = try KubernetesName.container(annotations["io.kubernetes.container.name"], path)
            details.image = .name(
                annotations["io.kubernetes.cri-o.ImageName"] ?? annotations["io.kubernetes.cri-o.Image"])
            try details.readPod(
                annotations, from: path, uid: "io.kubernetes.pod.uid", name: "io.kubernetes.pod.name",
                namespace: "io.kubernetes.pod.namespace")
            return details
        }
        return nil
    }

    /// `overlay-containers` and its like.
    private static func folders(in directories: [String], _ owner: UInt32?) -> [String] {
        directories.flatMap { directory in
            StateFile.names(in: directory, limit: 256, owner: owner).compactMap(\.text)
                .filter { $0.hasSuffix("-containers") }.sorted().prefix(mostFolders)
                .map { "\(directory)/\($0)" }
        }
    }
}
