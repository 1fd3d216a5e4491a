internal import FoundationEssentials
internal import Model

/// A container as docker writes it down and as its API shows it: the two differ in the spelling of `Id`.
struct DockerContainer: Decodable {
    private struct Config: Decodable {
        var Image: String?
        var Labels: [String: String]?
    }

    private enum CodingKeys: String, CodingKey { case ID, Id, Name, Config }

    private let id: String
    private let name: String?
    private let config: Config?

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decodeIfPresent(String.self, forKey: .ID) ?? values.decode(String.self, forKey: .Id)
        name = try values.decodeIfPresent(String.self, forKey: .Name)
        config = try values.decodeIfPresent(Config.self, forKey: .Config)
    }

    /// What it says about the container that was asked for; refused when it is about another one.
    func details(for asked: ByteString, runtime: String?, source: String) throws(LookupFailure) -> ContainerDetails {
        guard ByteString(id) == asked else { throw LookupFailure("\(source) is about another container") }
        var details = ContainerDetails(runtime: runtime)
        let labels = config?.Labels ?? [:]
        details.image = .name(config?.Image)
        // The kubelet's name for it is within docker's, which is unlike any other: k8s_web_web-0_shop_0b1c..._0.
        details.name =
            try KubernetesName.container(labels["io.kubernetes.container.name"], source)
            ?? .name(name.map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 })
        try details.readPod(
            labels, from: source, uid: "io.kubernetes.pod.uid", name: "io.kubernetes.pod.name",
            namespace: "io.kubernetes.pod.namespace")
        return details
    }
}

extension ContainerDetails {
    /// What labels or annotations say about the pod.
    mutating func readPod(
        _ labels: [String: String], from source: String, uid: String, name: String, namespace: String
    ) throws(LookupFailure) {
        podUID = .name(labels[uid])
        podName = try KubernetesName.pod(labels[name], source)
        podNamespace = try KubernetesName.namespace(labels[namespace], source)
    }
}

extension RuntimeDirectories {
    /// From `config.v2.json`, which dockerd replaces as a whole and before it makes the cgroup.
    func dockerContainer(_ id: ByteString, owner: UInt32?) throws(LookupFailure) -> ContainerDetails? {
        guard let name = id.asFileName else { return nil }
        for directory in docker {
            let path = "\(directory)/containers/\(name)/config.v2.json"
            guard let container = try StateFile.json(DockerContainer.self, at: path, owner: owner) else { continue }
            return try container.details(for: id, runtime: "docker", source: path)
        }
        return nil
    }
}
