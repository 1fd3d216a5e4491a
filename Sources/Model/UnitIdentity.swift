/// Which systemd unit, container or bare cgroup owns a cgroup, read off its path alone.
///
/// Names are the bytes of the path: escapes in unit names (`\x2d`) are part of the name and never decoded.
package struct UnitIdentity: Hashable, Sendable {
    /// What the innermost thing is; `user` and `none` are only in rows that stand for more than one cgroup.
    package enum Kind: String, CaseIterable, Sendable {
        case service, scope, socket, mount, swap, slice, container, pod, cgroup, root, unresolved, overflow
        /// All that belongs to one user.
        case user
        /// All that has none of the things that rows stand for.
        case none
    }

    package struct Container: Hashable, Sendable {
        package var id: ByteString
        /// Absent where the path is that of a container, but of which runtime it does not say.
        package var runtime: String?
        package var name: ByteString?
        package var image: ByteString?
        /// What the container's own systemd would say, if one arranges the cgroups in it.
        package var unit: ByteString?
        package var slice: ByteString?
        /// Whether it stands in another container, whose own runtime made its cgroup: this host's knows nothing of it.
        package internal(set) var isNested = false

        package init(
            id: ByteString, runtime: String?, name: ByteString? = nil, image: ByteString? = nil,
            unit: ByteString? = nil,
            slice: ByteString? = nil
        ) {
            (self.id, self.runtime, self.name, self.image) = (id, runtime, name, image)
            (self.unit, self.slice) = (unit, slice)
        }
    }

    package struct Pod: Hashable, Sendable {
        package var uid: ByteString
        package var name: ByteString?
        package var namespace: ByteString?
        package var qos: String?
        /// Whether it stands in a container: no pod of this host's kubelet.
        package internal(set) var isNested = false

        package init(uid: ByteString, name: ByteString? = nil, namespace: ByteString? = nil, qos: String? = nil) {
            (self.uid, self.name, self.namespace, self.qos) = (uid, name, namespace, qos)
        }
    }

    package var kind: Kind
    package var unit: ByteString?
    /// The innermost system slice; `-.slice` when there is none.
    package var slice: ByteString?
    /// The user in whose slice it is, as `sd_pid_get_owner_uid` says: 1000 of `user-1000.slice`; absent for the system's own.
    package var ownerUID: UInt32?
    package var userUnit: ByteString?
    package var userSlice: ByteString?
    /// What follows the unit in the path, such as `payload`.
    package var subgroup: ByteString?
    package var template: ByteString?
    package var instance: ByteString?
    package var container: Container?
    package var pod: Pod?

    package init(
        kind: Kind, unit: ByteString? = nil, slice: ByteString? = nil, userUnit: ByteString? = nil,
        userSlice: ByteString? = nil, subgroup: ByteString? = nil, template: ByteString? = nil,
        instance: ByteString? = nil, container: Container? = nil, pod: Pod? = nil
    ) {
        (self.kind, self.unit, self.slice, self.userUnit, self.userSlice) = (kind, unit, slice, userUnit, userSlice)
        (self.subgroup, self.template, self.instance) = (subgroup, template, instance)
        (self.container, self.pod) = (container, pod)
        ownerUID = slice.flatMap(Self.owner)
    }

    /// The user whose slice has this name.
    static func owner(ofSlice slice: ByteString) -> UInt32? {
        let (prefix, suffix) = ("user-".utf8, ".slice".utf8)
        guard slice.bytes.starts(with: prefix), slice.bytes.suffix(suffix.count).elementsEqual(suffix) else {
            return nil
        }
        return uid(slice.bytes.dropFirst(prefix.count).dropLast(suffix.count))
    }

    /// A user as systemd reads it: without leading zeros, and neither of the two numbers that stand for nobody.
    static func uid(_ digits: some Collection<UInt8>) -> UInt32? {
        guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        var uid: UInt32 = 0
        for digit in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
            let (tens, isTooLarge) = uid.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeNow) = tens.addingReportingOverflow(UInt32(digit - UInt8(ascii: "0")))
            if isTooLarge || isTooLargeNow { return nil }
            uid = sum
        }
        return uid == .max || uid == UInt32(UInt16.max) ? nil : uid
    }

    /// Nobody knows any more which cgroup this was.
    package static let unresolved = Self(kind: .unresolved)
    /// What was counted after the kernel's slots ran out, of no particular cgroup.
    package static let overflow = Self(kind: .overflow, unit: "*")
}

extension UnitIdentity {
    /// The innermost unit or slice, which says what all this is for, and whose systemd runs it (nil: the host's).
    ///
    /// A bare cgroup has none, though it is in some slice.
    package var owner: (unit: UnitName, user: UInt32?)? {
        if let userUnit { return managingUser.flatMap { user in UnitName(userUnit.bytes).map { ($0, user) } } }
        // The units of an old session's systemd are nobody's that is known here.
        if kind == .slice, unit != nil {
            return managingUser.flatMap { user in userSlice.flatMap { UnitName($0.bytes) }.map { ($0, user) } }
        }
        let isSlice = kind == .slice || kind == .root || (kind == .pod && slice != "-.slice")
        return (unit ?? (isSlice ? slice : nil)).flatMap { UnitName($0.bytes) }.map { ($0, nil) }
    }

    /// Whose systemd the unit is.
    private var managingUser: UInt32? { template == "user@.service" ? instance.flatMap { Self.uid($0.bytes) } : nil }
}
