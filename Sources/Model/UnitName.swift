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
    package init?(_ name: some Sequence<UInt8>) { self.init(bytes: Array(name)[...]) }

    /// The unit whose cgroup has this directory name.
    ///
    /// systemd puts one `_` before names that would clash with the kernel's own files, such as `_tasks.service`.
    package init?(directory: ArraySlice<UInt8>) {
        guard directory.count >= 3 else { return nil }
        self.init(bytes: directory.first == UInt8(ascii: "_") ? directory.dropFirst() : directory)
    }

    private init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count <= Self.maxLength, let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > bytes.startIndex,
            let type = UnitType(bytes[(dot + 1)...])
        else { return nil }
        var at: Int?
        for index in bytes.startIndex..<dot {
            guard Self.isValid(bytes[index]) else { return nil }
            if at == nil, bytes[index] == UInt8(ascii: "@") { at = index }
        }
        (name, self.type) = (ByteString(bytes), type)
        guard let at else {
            (template, instance) = (nil, nil)
            return
        }
        guard at > bytes.startIndex, dot > at + 1 else { return nil }
        var template = bytes
        template.removeSubrange((at + 1)..<dot)
        self.template = ByteString(template)
        instance = ByteString(bytes[(at + 1)..<dot])
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

extension UnitName.UnitType {
    /// By its spelling; the first two bytes tell which one it can be.
    fileprivate init?(_ suffix: ArraySlice<UInt8>) {
        guard suffix.count >= 4 else { return nil }
        let candidate: Self
        switch (UnicodeScalar(suffix[suffix.startIndex]), UnicodeScalar(suffix[suffix.startIndex + 1])) {
        case ("s", "e"): candidate = .service
        case ("s", "o"): candidate = .socket
        case ("s", "w"): candidate = .swap
        case ("s", "l"): candidate = .slice
        case ("s", "c"): candidate = .scope
        case ("t", "a"): candidate = .target
        case ("t", "i"): candidate = .timer
        case ("d", "e"): candidate = .device
        case ("m", "o"): candidate = .mount
        case ("a", "u"): candidate = .automount
        case ("p", "a"): candidate = .path
        default: return nil
        }
        guard suffix.elementsEqual(candidate.rawValue.utf8) else { return nil }
        self = candidate
    }
}

extension UnitName {
    /// Whether this is `user@<uid>.service`, below which a user's own systemd arranges its units.
    var isUserManager: Bool {
        guard type == .service, let uid = instance, name.bytes.starts(with: "user@".utf8) else { return false }
        return UnitIdentity.uid(uid.bytes) != nil
    }

    /// Whether this is `session-<id>.scope`.
    var isSession: Bool {
        guard type == .scope, name.bytes.starts(with: "session-".utf8) else { return false }
        let id = name.bytes.dropFirst("session-".utf8.count).dropLast(".scope".utf8.count)
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
