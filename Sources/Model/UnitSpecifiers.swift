/// What `%` and a letter stand for in the files of a systemd: those that a description may sensibly have.
package struct UnitSpecifiers: Sendable {
    package var hostname: ByteString
    package var user: ByteString
    package var uid: UInt32
    package var home: ByteString?
    /// `%t`: where what runs keeps its sockets.
    package var runtimeFolder: ByteString

    package init(hostname: ByteString, user: ByteString, uid: UInt32, home: ByteString?, runtimeFolder: ByteString) {
        (self.hostname, self.user, self.uid) = (hostname, user, uid)
        (self.home, self.runtimeFolder) = (home, runtimeFolder)
    }

    /// The text with what stands for something replaced; what is not known here stays as it is, the `%` included.
    ///
    /// - Returns: nil where a letter stands for nothing at all, or an escape in the unit's name cannot be undone: systemd
    ///   ignores such a setting.
    package func expanded(_ text: ByteString, for unit: UnitName) -> ByteString? {
        var (bytes, rest) = ([UInt8](), text.bytes[...])
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let letter = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch value(of: letter, unit) {
            case .known(let value): bytes += value
            case .unknown: bytes += [byte, letter]
            case .impossible: return nil
            }
        }
        return ByteString(bytes)
    }

    /// Those that systemd.unit(5) has besides; nobody puts a boot's ID into a description.
    private static let others = Array("aAbBcCdDEgGLmMoqrRsSTvVwWyY".utf8)

    private enum Value {
        case known([UInt8]), unknown, impossible

        init(_ value: [UInt8]?) { self = value.map(Self.known) ?? .impossible }
    }

    private func value(of letter: UInt8, _ unit: UnitName) -> Value {
        let prefix = Array(unit.prefix)
        let last = Array(prefix.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).last ?? [])
        return switch Unicode.Scalar(letter) {
        case "%": .known([letter])
        case "n": .known(unit.name.bytes)
        case "N": .known(Array(unit.stem))
        case "p": .known(prefix)
        case "P": Value(UnitName.unescaped(prefix))
        case "i": .known(unit.instance?.bytes ?? [])
        case "I": Value(UnitName.unescaped(unit.instance?.bytes ?? []))
        case "j": .known(last)
        case "J": Value(UnitName.unescaped(last))
        case "f": Value(UnitName.unescapedPath(unit.instance?.bytes ?? prefix))
        case "H": .known(hostname.bytes)
        case "l": .known(Array(hostname.bytes.prefix { $0 != UInt8(ascii: ".") }))
        case "u": .known(user.bytes)
        case "U": .known(Array(String(uid).utf8))
        case "h": home.map { .known($0.bytes) } ?? .unknown
        case "t": .known(runtimeFolder.bytes)
        case "a"..."z", "A"..."Z", "0"..."9": Self.others.contains(letter) ? .unknown : .impossible
        default: .unknown
        }
    }
}
