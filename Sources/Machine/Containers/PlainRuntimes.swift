internal import FoundationEssentials
internal import Model

extension RuntimeDirectories {
    private struct RuncState: Decodable {
        var id: String
        var cgroupPaths: [String: String]?
        enum CodingKeys: String, CodingKey {
            case id
            case cgroupPaths = "cgroup_paths"
        }
    }

    private struct CrunStatus: Decodable {
        var cgroupPath: String?
        enum CodingKeys: String, CodingKey { case cgroupPath = "cgroup-path" }
    }

    /// A container of runc or crun without anything above it: its cgroup is `/<id>`.
    func plainContainer(at place: [ByteString]) throws(LookupFailure) -> ContainerDetails? {
        guard let first = place.first, let id = first.asFileName else { return nil }
        var details = ContainerDetails(name: first)
        details.place = ContainerDetails.Place(id: first, depth: 1)
        for directory in runc {
            guard let state = try StateFile.json(RuncState.self, at: "\(directory)/\(id)/state.json"), state.id == id,
                // The unified hierarchy has no name there; its path includes where it is mounted.
                let path = state.cgroupPaths?[""],
                ["/sys/fs/cgroup/\(id)", "/sys/fs/cgroup/unified/\(id)"].contains(path)
            else { continue }
            details.runtime = "runc"
            return details
        }
        for directory in crun {
            guard let status = try StateFile.json(CrunStatus.self, at: "\(directory)/\(id)/status"),
                status.cgroupPath == "/\(id)"
            else { continue }
            details.runtime = "crun"
            return details
        }
        return nil
    }

    /// Who registered a machine with systemd: `machine-web.scope` alone may be of nspawn or of anybody else.
    func machine(_ name: ByteString) throws(LookupFailure) -> ContainerDetails? {
        guard let file = name.asFileName, let bytes = try StateFile.bytes("\(machines)/\(file)", limit: 1 << 16) else {
            return nil
        }
        var values: [Substring: Substring] = [:]
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            values[line[..<equals]] = line[line.index(after: equals)...]
        }
        guard let registered = values["NAME"], registered == file else {
            throw LookupFailure("\(machines)/\(file) is about another machine")
        }
        var details = ContainerDetails(name: name)
        switch values["SERVICE"] {
        case nil, ""?: break
        case "libvirt-qemu"?, "libvirt-lxc"?: details.runtime = "libvirt"
        case let service?:
            details.runtime = service.hasPrefix("systemd-") ? String(service.dropFirst(8)) : String(service)
        }
        return details
    }

    /// From the kubelet's directories of logs, `<namespace>_<name>_<uid>`: names in Kubernetes have no `_`.
    func pod(_ uid: ByteString) throws(LookupFailure) -> ContainerDetails? {
        for entry in StateFile.names(in: podLogs) where entry.bytes.suffix(uid.bytes.count).elementsEqual(uid.bytes) {
            let parts = entry.bytes.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
            guard parts.count == 3, parts[2].elementsEqual(uid.bytes), !parts[0].isEmpty, !parts[1].isEmpty else {
                continue
            }
            guard KubernetesName.isName(parts[0]), KubernetesName.isName(parts[1]) else {
                throw LookupFailure("a folder of pod \(uid) in \(podLogs) has a name that Kubernetes does not allow")
            }
            var details = ContainerDetails()
            (details.podNamespace, details.podName) = (ByteString(parts[0]), ByteString(parts[1]))
            return details
        }
        return nil
    }
}
