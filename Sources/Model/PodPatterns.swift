/// Where the kubelet puts its pods, with either cgroup driver, at the root or below a slice of its own; and podman's.
struct PodPattern: Sendable {
    /// Absent for podman's, which have no class.
    let qos: String?
    let shape: CgroupPattern

    private init(_ qos: String?, _ shape: String) { (self.qos, self.shape) = (qos, CgroupPattern(shape)) }

    static let all: [Self] = [
        Self("guaranteed", "**/*kubepods-pod{uid}.slice"),
        Self("burstable", "**/*kubepods-burstable-pod{uid}.slice"),
        Self("besteffort", "**/*kubepods-besteffort-pod{uid}.slice"),

        Self("guaranteed", "**/kubepods/pod{uid}"),
        Self("burstable", "**/kubepods/burstable/pod{uid}"),
        Self("besteffort", "**/kubepods/besteffort/pod{uid}"),

        Self("guaranteed", "**/kubepods-pod{uid}.slice:cri-containerd:*"),
        Self("burstable", "**/kubepods-burstable-pod{uid}.slice:cri-containerd:*"),
        Self("besteffort", "**/kubepods-besteffort-pod{uid}.slice:cri-containerd:*"),

        Self(nil, "**/*-libpod_pod_{hex64}.slice"),
        Self(nil, "**/libpod_parent/{hex64}"),
    ]

    static let index = PatternIndex(all.map(\.shape))
}

extension UnitIdentity.Pod {
    /// The innermost pod among the first 64 directories of a path, and the position of its directory.
    static func innermost(in path: CgroupDirectories) -> (pod: Self, index: Int)? {
        guard let place = PodPattern.index.innermost(in: path) else { return nil }
        let dashed = place.captured.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
        return (Self(uid: ByteString(dashed), qos: PodPattern.all[place.pattern].qos), place.index)
    }
}
