internal import FoundationEssentials
internal import Model

/// The part of an OCI runtime configuration that says whose it is.
struct BundleConfiguration: Decodable {
    struct Linux: Decodable { var cgroupsPath: String? }

    var annotations: [String: String]?
    var linux: Linux?

    /// The last part of `/default/web`, or of `kubepods-pod1.slice:cri-containerd:web`.
    var lastOfCgroup: Substring? { linux?.cgroupsPath?.split { $0 == "/" || $0 == ":" }.last }
}

extension RuntimeDirectories {
    private static let tasks = "io.containerd.runtime.v2.task"

    /// From the bundle that containerd hands to its shim.
    func containerdContainer(_ id: ByteString) throws(LookupFailure) -> ContainerDetails? {
        guard let name = id.asFileName else { return nil }
        for directory in containerd {
            for namespace in StateFile.names(in: "\(directory)/\(Self.tasks)", limit: 256) where namespace != "moby" {
                let path = "\(directory)/\(Self.tasks)/\(namespace)/\(name)/config.json"
                guard let bundle = try StateFile.json(BundleConfiguration.self, at: path) else { continue }
                // A name may be used once in each namespace: which one is meant, only the cgroup tells. An id is drawn.
                let isDrawn = ContainerQuestion.isLongID(id.bytes)
                guard isDrawn || bundle.lastOfCgroup.map({ $0 == name }) ?? true else { continue }
                return details(of: bundle, id: id)
            }
        }
        return nil
    }

    /// The container whose configuration has just this place, `/<namespace>/<id>`, for its cgroup.
    func containerdContainer(at place: [ByteString]) throws(LookupFailure) -> ContainerDetails? {
        guard place.count == 2, let namespace = place[0].asFileName, let id = place[1].asFileName else { return nil }
        for directory in containerd {
            let path = "\(directory)/\(Self.tasks)/\(namespace)/\(id)/config.json"
            guard let bundle = try StateFile.json(BundleConfiguration.self, at: path),
                bundle.linux?.cgroupsPath == "/\(namespace)/\(id)"
            else { continue }
            var details = details(of: bundle, id: place[1])
            details.place = ContainerDetails.Place(id: place[1], depth: 2)
            return details
        }
        return nil
    }

    private func details(of bundle: BundleConfiguration, id: ByteString) -> ContainerDetails {
        let annotations = bundle.annotations ?? [:]
        var details = ContainerDetails(runtime: "containerd")
        details.name = .name(annotations["io.kubernetes.cri.container-name"] ?? annotations["nerdctl/name"])
        details.image = .name(annotations["io.kubernetes.cri.image-name"])
        details.readPod(
            annotations, uid: "io.kubernetes.cri.sandbox-uid", name: "io.kubernetes.cri.sandbox-name",
            namespace: "io.kubernetes.cri.sandbox-namespace")
        // Where somebody chose the id, as with ctr, it is the name.
        if details.name == nil, !ContainerQuestion.isLongID(id.bytes) { details.name = id }
        return details
    }
}
