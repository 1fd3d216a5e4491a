import CCurl
import Model
import Render

/// The bytes of a spooled file: a header line, then the body as it is sent.
enum SpoolFile {
    /// Why a file is not what was written, in words that do not name it.
    struct Damage: Error, Equatable {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// The line before the body.
    static func head(of parcel: Parcel, sequence: UInt64, name: SpoolName) -> [UInt8] {
        let header = SpoolHeader(
            id: parcel.id, sequence: sequence, name: name, contentType: parcel.contentType,
            encoding: parcel.contentEncoding, bytes: parcel.body.count)
        let covered = header.covered
        return covered + SpoolHeader.seal(checksum(covered[...], parcel.body[...]))
    }

    /// Header and body, every bit as they were written.
    static func read(_ bytes: [UInt8], name: SpoolName) throws(Damage) -> (header: SpoolHeader, body: ArraySlice<UInt8>)
    {
        let (header, line) = try header(of: bytes, name: name)
        try checkLength(bytes.count, header: (header, line))
        let body = bytes[line.endIndex...]
        let covered = line.dropLast(SpoolHeader.sealBytes)
        guard line.suffix(SpoolHeader.sealBytes).elementsEqual(SpoolHeader.seal(checksum(covered, body))) else {
            throw Damage("its checksum is wrong")
        }
        return (header, body)
    }

    /// Throws when a file of so many bytes is not as long as its header tells.
    static func checkLength(_ size: Int, header: (header: SpoolHeader, line: ArraySlice<UInt8>)) throws(Damage) {
        let body = size - header.line.count
        guard body == header.header.bytes else {
            throw Damage(body < header.header.bytes ? "it is cut off" : "it is longer than it was")
        }
    }

    /// The header alone, which may be damaged in ways that only the checksum tells.
    static func header(
        of bytes: [UInt8], name: SpoolName
    ) throws(Damage) -> (header: SpoolHeader, line: ArraySlice<UInt8>) {
        guard !bytes.isEmpty else { throw Damage("it is empty") }
        guard let end = bytes.prefix(SpoolHeader.mostBytes).firstIndex(of: UInt8(ascii: "\n")),
            let header = SpoolHeader(covered: bytes[...end].dropLast(SpoolHeader.sealBytes), name: name)
        else { throw Damage("its header cannot be read") }
        return (header, bytes[...end])
    }

    private static func checksum(_ parts: ArraySlice<UInt8>...) -> UInt32 {
        var checksum: uLong = 0
        for part in parts {
            part.withUnsafeBytes { bytes in
                checksum = crc32_z(checksum, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
            }
        }
        return UInt32(truncatingIfNeeded: checksum)
    }
}
