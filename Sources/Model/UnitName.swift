/// A valid name of a systemd unit, plain (`nginx.service`) or an instance (`getty@tty1.service`).
///
/// The rules are systemd's own. Escapes such as `\x2d` are ordinary characters of a name and stay as they are.
package struct UnitName: Hashable, Sendable {
    package enum UnitType: String, Sendable, CaseIterable {
        case service, socket, target, device, mount, automount, swap, timer, path, slice, scope
    }

    package let name: ByteString
    package let type: UnitType
    /// `getty@.service`, of an instance only.
    package let template: ByteString?
    /// `tty1` of `getty@tty1.service`, still escaped.
    package let instance: ByteString?

    /// Nil for anything that is not the name of a unit that can run: templates without an instance are not.
    package init?(_ name: some Sequence<UInt8>) {
        let bytes = Array(name)
        guard bytes.count <= Self.maxLength, let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0,
            let type = UnitType(rawValue: String(decoding: bytes[(dot + 1)...], as: UTF8.self)),
            bytes[..<dot].allSatisfy(Self.isValid)
        else { return nil }
        (self.name, self.type) = (ByteString(bytes), type)
        guard let at = bytes[..<dot].firstIndex(of: UInt8(ascii: "@")) else {
            (template, instance) = (nil, nil)
            return
        }
        guard at > 0, dot > at + 1 else { return nil }
        template = ByteString(Array(bytes[...at] + bytes[dot...]))
        instance = ByteString(Array(bytes[(at + 1)..<dot]))
    }

    /// The unit whose cgroup has this directory name.
    ///
    /// systemd puts one `_` before names that would clash with the kernel's own files, such as `_tasks.service`.
    package init?(directory: ArraySlice<UInt8>) {
        guard directory.count >= 3 else { return nil }
        self.init(directory.first == UInt8(ascii: "_") ? directory.dropFirst() : directory)
    }

    /// Slices have no instances: a name with `@` in it is not one.
    package var isSlice: Bool { type == .slice && instance == nil }

    private static let maxLength = 255

    private static func isValid(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        case UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "\\"),
            UInt8(ascii: "@"):
            true
        default: false
        }
    }
}

extension UnitName {
    /// Whether this is `user@<uid>.service`, below which a user's own systemd arranges its units.
    var isUserManager: Bool {
        guard template == "user@.service", let uid = instance else { return false }
        return UnitIdentity.uid(uid.bytes) != nil
    }

    /// Whether this is `session-<id>.scope`.
    var isSession: Bool {
        let (prefix, suffix) = (Array("session-".utf8), ".scope".utf8.count)
        guard type == .scope, name.bytes.starts(with: prefix) else { return false }
        let id = name.bytes.dropFirst(prefix.count).dropLast(suffix)
        return !id.isEmpty
            && id.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: false
                }
            }
    }

    /// What a row of this unit is; types that own no cgroup of their own are only a cgroup that is called so.
    var kind: UnitIdentity.Kind {
        switch type {
        case .service: .service
        case .scope: .scope
        case .socket: .socket
        case .mount: .mount
        case .swap: .swap
        case .slice: .slice
        case .target, .device, .automount, .timer, .path: .cgroup
        }
    }
}
