/// The first line of a spooled file: what is needed to send its body, and to know what it is.
package struct SpoolHeader: Sendable, Equatable {
    package var id: String
    package var sequence: UInt64
    package var name: SpoolName
    package var contentType: String
    /// Absent when the body is not packed.
    package var encoding: String?
    /// Of the body.
    package var bytes: Int

    package init(
        id: String, sequence: UInt64, name: SpoolName, contentType: String, encoding: String?, bytes: Int
    ) {
        (self.id, self.sequence, self.name) = (id, sequence, name)
        (self.contentType, self.encoding, self.bytes) = (contentType, encoding, bytes)
    }

    /// Longer is none of ours.
    package static let mostBytes = 16 << 10

    /// What ends the line, behind all that the checksum covers but the body.
    package static func seal(_ checksum: UInt32) -> [UInt8] {
        let digits = String(checksum, radix: 16)
        let padded = String(repeating: "0", count: 8 - digits.count) + digits
        return Array(",\"crc32\":\"\(padded)\"}\n".utf8)
    }

    package static let sealBytes = seal(0).count
}
