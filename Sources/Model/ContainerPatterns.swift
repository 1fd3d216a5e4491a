/// Where each runtime puts its containers; the first line that fits a directory decides.
///
/// To teach the agent a runtime, add a line here and one to the table of the tests.
struct ContainerPattern: Sendable {
    /// What a directory of this shape is.
    enum Meaning {
        case container(runtime: String)
        /// A container, but more than one runtime puts theirs in such a place.
        case containerOfSomeRuntime
        /// It looks like a container and is none: a monitor, or a group of containers.
        case noContainer
    }

    let meaning: Meaning
    let shape: CgroupPattern
    let named: Bool

    private init(_ runtime: String, _ shape: String) { self.init(.container(runtime: runtime), shape) }

    private init(_ meaning: Meaning, _ shape: String) {
        (self.meaning, self.shape, named) = (meaning, CgroupPattern(shape), shape.contains("{name}"))
    }

    static let all: [Self] = [
        Self("docker", "**/docker-{hex}.scope"),
        Self("docker", "**/docker/{hex64}"),
        Self("docker", "**/actions_job/{hex64}"),
        Self("docker", "/ecs/*/{hex64}"),
        Self("docker", "/ecs/*/*/{hex64}"),

        // With systemd the BuildKit inside dockerd names its scopes like dockerd's own.
        Self("buildkit", "**/buildkit/{build}"),
        Self("buildkit", "**/buildkit-{build}.scope"),
        Self("buildkit", "**/docker-{build}.scope"),

        Self("cri-o", "**/crio-{hex}.scope"),
        Self("cri-o", "**/crio-{hex}"),

        Self("containerd", "**/cri-containerd-{hex}.scope"),
        Self("containerd", "**/*:cri-containerd:{hex}"),
        Self("containerd", "**/nerdctl-{hex}.scope"),
        Self("containerd", "**/pod{uid}/{hex64}"),
        Self("containerd", "**/ctr-{name}.scope"),

        Self("podman", "**/libpod-{hex}.scope"),
        Self("podman", "**/libpod-payload-{hex}"),
        Self("podman", "**/libpod-{hex}"),
        Self(.noContainer, "**/libpod_parent/{hex64}"),

        Self("runc", "**/runc-{name}.scope"),
        Self("crun", "**/crun-{name}.scope"),
        Self("garden", "**/garden/{handle}"),

        Self("libvirt", "**/machine-qemu\\x2d*\\x2d{name}.scope"),
        Self("libvirt", "**/machine-lxc\\x2d*\\x2d{name}.scope"),
        Self("libvirt", "**/{name}.libvirt-qemu"),
        Self("libvirt", "**/{name}.libvirt-lxc"),
        Self("qemu", "/qemu.slice/{name}.scope"),

        Self("nspawn", "**/systemd-nspawn@{name}.service/payload"),
        Self(.noContainer, "**/machine-*.scope/supervisor"),
        Self("nspawn", "**/machine-{name}.scope"),

        Self("lxc", "**/lxc.payload.{name}"),
        Self("lxc", "**/lxc.payload/{name}"),
        Self("lxc", "/lxc/{name}"),

        // The sandbox of Kata Containers: containerd's or CRI-O's.
        Self(.containerOfSomeRuntime, "**/kata_{hex64}"),

        // The namespaces of containerd that its clients use by themselves.
        Self("containerd", "/k8s.io/{hex64}"),
        Self("containerd", "/default/{hex64}"),
        // An id that nobody makes up by hand: another namespace of containerd, or `docker run --cgroup-parent=/x`.
        Self(.containerOfSomeRuntime, "/*/{hex64}"),
    ]

    static let index = PatternIndex(all.map(\.shape))
}

extension UnitIdentity.Container {
    /// The innermost container among the first 64 directories of a path, and the position of its directory.
    ///
    /// - Parameter end: only directories before this position are looked at.
    static func innermost(in path: CgroupDirectories, below end: Int? = nil) -> (container: Self, index: Int)? {
        guard let place = ContainerPattern.index.innermost(in: path, below: end) else { return nil }
        let pattern = ContainerPattern.all[place.pattern]
        let runtime: String?
        switch pattern.meaning {
        case .container(let certain): runtime = certain
        case .containerOfSomeRuntime: runtime = nil
        case .noContainer: return nil
        }
        let name = pattern.named ? ByteString(decodingEscapes(place.captured)) : nil
        return (Self(id: ByteString(place.captured), runtime: runtime, name: name), place.index)
    }

    /// The name with systemd's `\x2d` read: the container's name is not the unit's.
    private static func decodingEscapes(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            {
                decoded.append(value)
                rest = rest.dropFirst(3)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }
}
