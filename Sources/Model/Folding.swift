extension ByteString {
    /// The name of a unit with what is different at each start of a transient one replaced by `*`.
    ///
    /// `run-r<hex>.scope` is a new name for every run: series named after it would never end. Batches carry the name as
    /// it is, so nothing is lost by folding. Names of other shapes come back unchanged: what a person has named is never
    /// folded because it ends in a number. `*` cannot be in the name of a unit, so no other is mistaken for a folded one.
    package var folded: ByteString {
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return self }
        let (stem, suffix) = (bytes[..<dot], bytes[dot...])
        let folded =
            if let at = stem.firstIndex(of: UInt8(ascii: "@")) {
                Self.foldedInstance(stem[..<at], stem[(at + 1)...])
            } else {
                Self.foldedNumber(stem) ?? Self.foldedMachine(stem) ?? Self.foldedHealthCheck(stem)
                    ?? Self.foldedIdentifier(stem) ?? Self.foldedApplication(stem, suffix)
            }
        return folded.map { ByteString($0 + suffix) } ?? self
    }

    private static let star = [UInt8(ascii: "*")]
    private static let dash = UInt8(ascii: "-")
}

// MARK: - Plain names

extension ByteString {
    /// The beginnings of names that are made up, and what then follows.
    private static let madeUpNames: [(prefix: [UInt8], isMadeUp: @Sendable (ArraySlice<UInt8>) -> Bool)] = [
        // systemd-run: a random number, that of its bus connection, or from systemd 257 on its pidfd's inode.
        (Array("run-r".utf8), { $0.isHexadecimal(32) }),
        (Array("run-u".utf8), { $0.isNumber }),
        (Array("run-p".utf8), isPairOfNumbers),
        (Array("run-".utf8), { $0.isNumber }),
        // logind.
        (Array("session-c".utf8), { $0.isNumber }),
        (Array("session-".utf8), { $0.isNumber }),
        // podman without root: its own process, and the one that keeps the namespaces.
        (Array("podman-".utf8), { $0.isNumber }),
        (Array("podman-pause-".utf8), { $0.isNumber || $0.isHexadecimal(8) }),
    ]

    private static func foldedNumber(_ stem: ArraySlice<UInt8>) -> [UInt8]? {
        for (prefix, isMadeUp) in madeUpNames where stem.starts(with: prefix) {
            if isMadeUp(stem.dropFirst(prefix.count)) { return prefix + star }
        }
        return nil
    }

    /// Such as `77-i54955`.
    private static func isPairOfNumbers(_ text: ArraySlice<UInt8>) -> Bool {
        let second = text.drop(while: \.isDigit)
        let first = text.prefix(text.count - second.count)
        return first.isNumber && second.starts(with: Array("-i".utf8)) && second.dropFirst(2).isNumber
    }

    private static let libvirtDrivers = ["machine-qemu\\x2d", "machine-lxc\\x2d"].map { Array($0.utf8) }

    /// libvirt numbers its machines anew at each start: `machine-qemu\x2d12\x2dweb`.
    private static func foldedMachine(_ stem: ArraySlice<UInt8>) -> [UInt8]? {
        for driver in libvirtDrivers where stem.starts(with: driver) {
            let rest = stem.dropFirst(driver.count)
            let name = rest.drop(while: \.isDigit)
            guard name.count < rest.count, name.starts(with: Array("\\x2d".utf8)) else { continue }
            return driver + star + name
        }
        return nil
    }

    /// podman: a container's id, perhaps `-startup`, and in newer versions a random number.
    private static func foldedHealthCheck(_ stem: ArraySlice<UInt8>) -> [UInt8]? {
        guard stem.prefix(64).isHexadecimal(64) else { return nil }
        var rest = stem.dropFirst(64)
        let startup = Array("-startup".utf8)
        let isStartup = rest.starts(with: startup)
        if isStartup { rest = rest.dropFirst(startup.count) }
        guard rest.isEmpty || rest.first == dash && rest.dropFirst().isHexadecimal(1...16) else { return nil }
        return isStartup ? star + startup : star
    }

    /// A container's id, or a UUID with or without dashes, at the end: of `docker-<id>`, `libpod-conmon-<id>`,
    /// `vte-spawn-<uuid>`, `snap.firefox.firefox-<uuid>` and their like.
    private static func foldedIdentifier(_ stem: ArraySlice<UInt8>) -> [UInt8]? {
        for count in [64, 36, 32] {
            let (name, end) = (stem.dropLast(count), stem.suffix(count))
            guard name.count > 1, name.last == dash || name.last == UInt8(ascii: ".") else { continue }
            if count == 36 ? end.isUUID : end.isHexadecimal(count) { return Array(name) + star }
        }
        return nil
    }

    /// What desktops start: `app[-<launcher>]-<application>-<random>.scope`, where dashes of names are escaped.
    ///
    /// What is called random there mostly is a process ID. What has no digit in it was meant as a name.
    private static func foldedApplication(_ stem: ArraySlice<UInt8>, _ suffix: ArraySlice<UInt8>) -> [UInt8]? {
        guard suffix.elementsEqual(".scope".utf8), stem.starts(with: Array("app-".utf8)),
            let last = stem.lastIndex(of: dash), stem[..<last].contains(dash),
            stem[(last + 1)...].contains(where: \.isDigit)
        else { return nil }
        return Array(stem[...last]) + star
    }
}

// MARK: - Instances

extension ByteString {
    private static func foldedInstance(_ name: ArraySlice<UInt8>, _ instance: ArraySlice<UInt8>) -> [UInt8]? {
        guard isMadeUp(instance, of: name) else { return nil }
        return Array(name) + [UInt8(ascii: "@")] + star
    }

    private static func isMadeUp(_ instance: ArraySlice<UInt8>, of name: ArraySlice<UInt8>) -> Bool {
        if instance.isEmpty { return false }
        // Desktops again, `app[-<launcher>]-<application>@<random>.service`; those started at login are always called so.
        if name.starts(with: Array("app-".utf8)) { return !instance.elementsEqual("autostart".utf8) }
        // dbus-broker counts the starts of a service.
        if name.starts(with: Array("dbus-:".utf8)) { return instance.isNumber }
        return isConnection(instance)
    }

    /// How systemd names the service of one connection, for sockets with `Accept=yes`.
    ///
    /// The number of the connection, in newer versions its cookie, then both addresses (`10.0.0.1:22-10.0.0.2:5555`), or
    /// of a local one the process, in newer versions with its pidfd's inode, and the user (`77_54955-0`), or `unknown`.
    private static func isConnection(_ instance: ArraySlice<UInt8>) -> Bool {
        let parts = instance.split(separator: dash, omittingEmptySubsequences: false)
        guard parts[0].isNumber else { return false }
        let rest = parts.dropFirst()
        if rest.last?.elementsEqual("unknown".utf8) == true {
            return rest.count <= 2 && rest.dropLast().allSatisfy(\.isNumber)
        }
        guard (2...3).contains(rest.count), rest.dropLast(2).allSatisfy(\.isNumber) else { return false }
        let (left, right) = (rest[rest.endIndex - 2], rest[rest.endIndex - 1])
        if left.isAddress && right.isAddress { return true }
        let process = left.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        return process.count <= 2 && process.allSatisfy(\.isNumber) && right.isNumber
    }
}

extension UInt8 {
    var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
    var isHexDigit: Bool { isDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= self }
}

extension ArraySlice<UInt8> {
    fileprivate var isNumber: Bool { !isEmpty && allSatisfy(\.isDigit) }

    fileprivate func isHexadecimal(_ count: Int) -> Bool { isHexadecimal(count...count) }

    fileprivate func isHexadecimal(_ counts: ClosedRange<Int>) -> Bool {
        counts.contains(count) && allSatisfy(\.isHexDigit)
    }

    fileprivate var isUUID: Bool {
        split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map(\.count) == [8, 4, 4, 4, 12]
            && allSatisfy { $0.isHexDigit || $0 == UInt8(ascii: "-") }
    }

    /// An IPv4, IPv6 or vsock address with its port.
    fileprivate var isAddress: Bool {
        contains(UInt8(ascii: ":"))
            && allSatisfy { $0.isHexDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
    }
}
