extension UnitName {
    /// What is before the `@` or the type: `getty` of `getty@tty1.service`.
    var prefix: ArraySlice<UInt8> {
        let stem = stem
        return stem.prefix { $0 != UInt8(ascii: "@") }
    }

    /// The name without its type.
    var stem: ArraySlice<UInt8> { name.bytes.dropLast(type.rawValue.utf8.count + 1) }

    /// The files that describe this unit, the best first: an instance may have one of its own.
    package var fileNames: [ByteString] { [name] + (template.map { [$0] } ?? []) }

    /// The folders of drop-ins in one folder of units, those first that win against others with a file of the same name.
    ///
    /// `foo-bar@x.service` has its own, then those of its template `foo-bar@.service`, then those of the prefixes
    /// `foo-@x.service` and `foo-@.service`.
    package var dropInFolders: [ByteString] {
        var prefixes = [Array(prefix)]
        while let last = prefixes.last, let shorter = Self.shortened(last) { prefixes.append(shorter) }
        let rests = [name, template].compactMap { $0?.bytes.dropFirst(prefix.count) }
        return prefixes.flatMap { prefix in rests.map { ByteString(prefix + $0 + Array(".d".utf8)) } }
    }

    /// The folder of drop-ins for all units of this type, which every other wins against.
    package var typeDropInFolder: ByteString { ByteString("\(type.rawValue).d") }

    /// `foo-` of `foo-bar`, and of `foo-bar-`; a dash at the start is no end of a prefix.
    private static func shortened(_ prefix: [UInt8]) -> [UInt8]? {
        let isShort = prefix.last == UInt8(ascii: "-")
        guard let dash = (isShort ? prefix.dropLast() : prefix[...]).lastIndex(of: UInt8(ascii: "-")), dash > 0 else {
            return nil
        }
        return Array(prefix[...dash])
    }
}

extension UnitName {
    /// Undoes the escapes of `systemd-escape`: `-` is a slash and `\xNN` a byte; nil for what it would never write.
    static func unescaped(_ text: some Collection<UInt8>) -> [UInt8]? {
        var (bytes, rest) = ([UInt8](), Array(text)[...])
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "-"): bytes.append(UInt8(ascii: "/"))
            case UInt8(ascii: "\\"):
                let digits = String(decoding: rest.dropFirst().prefix(2), as: UTF8.self)
                guard rest.first == UInt8(ascii: "x"), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
                    let value = UInt8(digits, radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(3)
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    /// The path that `systemd-escape --path` made this of.
    static func unescapedPath(_ text: some Collection<UInt8>) -> [UInt8]? {
        if text.elementsEqual("-".utf8) { return [UInt8(ascii: "/")] }
        guard !text.isEmpty, let path = unescaped(text) else { return nil }
        let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isNormal = parts.allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
        }
        return isNormal ? [UInt8(ascii: "/")] + path : nil
    }

    /// What systemd calls a unit of this name that has no `Description=`; nil where that is only the name again.
    package var defaultDescription: ByteString? {
        switch (type, name) {
        case (_, "-.slice"): "Root Slice"
        case (_, "system.slice"): "System Slice"
        case (_, "init.scope"): "System and Service Manager"
        case (.slice, _): Self.unescapedPath(stem).map { ByteString(Array("Slice ".utf8) + $0) }
        case (.mount, _): Self.unescapedPath(stem).map { ByteString($0) }
        default: nil
        }
    }
}
