import CCurl

/// Gzip as zlib does it; the same bytes always give the same result, so that duplicates are byte-identical.
enum Gzip {
    /// The bytes packed, or nil when zlib cannot get its memory.
    static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard ccurl_gzip_start(&stream) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, uLong(bytes.count)))
        return bytes.withUnsafeBytes { input in
            // next_in lacks a const in zlib's header; deflate only reads.
            stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = uInt(input.count)
            var ended = false
            let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
                stream.next_out = buffer.baseAddress
                stream.avail_out = uInt(bound)
                ended = deflate(&stream, Z_FINISH) == Z_STREAM_END
                count = Int(stream.total_out)
            }
            return ended ? output : nil
        }
    }

    /// More than this in one body is not ours.
    private static let mostUnpacked = 2 << 30

    /// The bytes unpacked, or nil when they are not one whole member of gzip.
    static func uncompressed(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard ccurl_gunzip_start(&stream) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var unpacked: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        return bytes.withUnsafeBytes { input in
            stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = uInt(clamping: input.count)
            while unpacked.count <= mostUnpacked {
                let (code, count) = piece.withUnsafeMutableBufferPointer { output in
                    (stream.next_out, stream.avail_out) = (output.baseAddress, uInt(output.count))
                    let code = inflate(&stream, Z_NO_FLUSH)
                    return (code, output.count - Int(stream.avail_out))
                }
                unpacked += piece[..<count]
                if code == Z_STREAM_END { return stream.avail_in == 0 ? unpacked : nil }
                guard code == Z_OK, count > 0 || stream.avail_in > 0 else { return nil }
            }
            return nil
        }
    }
}
