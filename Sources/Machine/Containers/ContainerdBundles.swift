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
        var failure: LookupFailure?
        for directory in containerd {
            let namespaces = StateFile.names(in: "\(directory)/\(Self.tasks)", limit: 256).compactMap(\.text)
            for namespace in namespaces where namespace != "moby" {
                let path = "\(directory)/\(Self.tasks)/\(namespace)/\(name)/config.json"
                guard let bundle = try StateFile.json(BundleConfiguration.self, at: path) else { continue }
                guard bundle.lastOfCgroup.map({ $0 == name }) ?? true else {
                    // A name may be used once in each namespace: which one is meant, only the cgroup tells. An id is drawn.
                    if ContainerQuestion.isLongID(id.bytes) {
                        failure = LookupFailure("\(path) is about another container")
                    }
                    continue
                }
                return try details(of: bundle, id: id, path: path)
            }
        }
        if let failure { throw failure }
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
            var details = try details(of: bundle, id: place[1], path: path)
            details.place = ContainerDetails.Place(id: place[1], depth: 2)
            return details
        }
        return nil
    }

    private func details(
        of bundle: BundleConfiguration, id: ByteString, path: String
    ) throws(LookupFailure) -> ContainerDetails {
        let annotations = bundle.annotations ?? [:]
        var details = ContainerDetails(runtime: "containerd")
        details.name = try KubernetesName.container(annotations["io.kubernetes.cri.container-name"], path)
        if details.name == nil { details.name = try Self.nerdctlName(annotations["nerdctl/name"], path) }
        details.image = .name(annotations["io.kubernetes.cri.image-name"])
        try details.readPod(
            annotations, from: path, uid: "io.kubernetes.cri.sandbox-uid", name: "io.kubernetes.cri.sandbox-name",
            namespace: "io.kubernetes.cri.sandbox-namespace")
        // Where somebody chose the id, as with ctr, it is the name.
        if details.name == nil, !ContainerQuestion.isLongID(id.bytes) { details.name = id }
        return details
    }

    /// nerdctl has containerd's rule for names: ASCII letters, digits and `._-`.
    private static func nerdctlName(_ text: String?, _ path: String) throws(LookupFailure) -> ByteString? {
        guard let name = ByteString.name(text) else { return nil }
        let isValid = name.bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isValid else { throw LookupFailure("\(path) has a name of a container that nerdctl never gives") }
        return name
    }
}
