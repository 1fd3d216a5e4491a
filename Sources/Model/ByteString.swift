/// Bytes as the kernel gave them: a path, a unit or process name, which need not be UTF-8.
///
/// Everything that other programs chose (file names, cgroup names, `comm`) travels in this type and becomes text
/// only when it is rendered, so that no byte is lost on the way.
package struct ByteString: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    package init(_ text: String) { bytes = Array(text.utf8) }

    package var isEmpty: Bool { bytes.isEmpty }
    package var count: Int { bytes.count }

    /// The text these bytes spell, or nil when they are not UTF-8.
    package var text: String? { String(validating: bytes, as: UTF8.self) }

    /// The text with U+FFFD where the bytes are not UTF-8: for people, never for keys.
    package var lossyText: String { String(decoding: bytes, as: UTF8.self) }
}

extension ByteString: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self.init(text) }
}

extension ByteString: CustomStringConvertible {
    package var description: String { lossyText }
}

extension ByteString: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}
