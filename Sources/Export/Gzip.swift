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
}
