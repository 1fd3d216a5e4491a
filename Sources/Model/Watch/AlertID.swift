/// Names alerts by what they are about, the same on every host and after every start.
package enum AlertID {
    /// 16 hexadecimal digits: FNV-1a of 64 bits over the rule, the unit, the writer and the directory.
    ///
    /// - Parameter rule: what makes it this rule, or `baseline`.
    package static func text(_ name: Alert.Name, rule: ByteString, of placed: PlacedSighting) -> String {
        let (identity, writer) = (placed.identity, placed.sighting.writer)
        let container = identity.container.map { $0.name ?? $0.id }
        let owners = [placed.series.unit, placed.series.userUnit, identity.pod?.namespace, container]
        // A bare cgroup has a path and no name else.
        let cgroup = owners.allSatisfy { $0 == nil } ? placed.cgroupPath : nil
        let who = [placed.executablePath ?? writer.comm, writer.comm, ByteString("\(writer.uid)")]
        let parts = [ByteString(name.rawValue), rule] + owners + [cgroup] + who + [placed.path?.parentPath]
        var hash = FNV1a()
        for part in parts { hash.add(part) }
        return hash.digits
    }
}

/// Fowler, Noll and Vo's hash of 64 bits, which is the same everywhere (Swift's own is another in every process).
package struct FNV1a {
    private var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    /// 16 hexadecimal digits.
    package var digits: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    /// A part of several, so that no two lists of parts are the same bytes: 1 before each byte, 0 at the end; an absent one
    /// is a 2.
    mutating func add(_ part: ByteString?) {
        guard let part else { return add(CollectionOfOne(2)) }
        for byte in part.bytes { add([1, byte]) }
        add(CollectionOfOne(0))
    }
}
