import CCurl

/// Takes gzip apart, a piece at a time: what a body unpacks to need not fit into memory.
enum Unpacked {
    private static let piece = 64 << 10

    /// Hands over all that is packed in the bytes; false when they are not whole gzip.
    static func each(of bytes: ArraySlice<UInt8>, to take: ([UInt8]) -> Void) -> Bool {
        var stream = z_stream()
        // 15 bits of window, and 16 for gzip: inflateInit2 is a macro that adds version and size.
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else { return false }
        defer { inflateEnd(&stream) }
        return bytes.withUnsafeBytes { input in
            // next_in lacks a const in zlib's header; inflate only reads.
            stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = uInt(clamping: input.count)
            while true {
                var result = Z_OK
                let output = [UInt8](unsafeUninitializedCapacity: piece) { buffer, count in
                    stream.next_out = buffer.baseAddress
                    stream.avail_out = uInt(piece)
                    result = inflate(&stream, Z_NO_FLUSH)
                    count = piece - Int(stream.avail_out)
                }
                if !output.isEmpty { take(output) }
                if result == Z_STREAM_END { return true }
                guard result == Z_OK, !output.isEmpty || stream.avail_in > 0 else { return false }
            }
        }
    }
}
