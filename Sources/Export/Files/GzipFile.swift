import CCurl
import Glibc
import SystemPackage

/// Packs files piece by piece, with little memory whatever their size.
enum GzipFile {
    private static let chunk = 128 << 10

    /// Why there is no packed file.
    enum Failure: Error, Equatable {
        case refused(action: String, path: String, Errno)
        case notRegular(path: String)
        case outOfMemory
        /// Told to stop.
        case abandoned
    }

    /// Writes the file at `plain`, packed, to the new file `packed`, and has it written to disk.
    ///
    /// The new file can be read by whom the old one can. On failure there is none.
    static func pack(_ plain: String, to packed: String, isAbandoned: () -> Bool) throws(Failure) {
        let source = try open(plain)
        defer { try? source.file.close() }
        let target = try attempt("create", packed) {
            try FileDescriptor.open(
                packed, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow],
                permissions: .ownerReadWrite)
        }
        do throws(Failure) {
            defer { try? target.close() }
            // The owner first: a change of it may take permissions away. Without the right to, it stays ours.
            _ = fchown(target.rawValue, source.stat.st_uid, source.stat.st_gid)
            fchmod(target.rawValue, source.stat.st_mode & 0o777)
            try copy(from: (source.file, plain), to: (target, packed), isAbandoned)
            try attempt("write to", packed) {
                guard fdatasync(target.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
        } catch {
            unlink(packed)
            throw error
        }
    }

    /// Whether the file at `packed` unpacks to exactly what the file at `plain` holds.
    static func isWhole(_ packed: String, of plain: String, isAbandoned: () -> Bool) throws(Failure) -> Bool {
        let packedFile = try open(packed).file
        defer { try? packedFile.close() }
        let plainFile = try open(plain).file
        defer { try? plainFile.close() }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        defer { stream.deallocate() }
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        // 15 bits of window, and 16 to accept gzip alone.
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else { throw .outOfMemory }
        defer { inflateEnd(stream) }

        var (input, output) = ([UInt8](repeating: 0, count: chunk), [UInt8](repeating: 0, count: chunk))
        while true {
            if isAbandoned() { throw .abandoned }
            let count = try read(packedFile, packed, into: &input)
            guard count > 0 else { return false }
            let verdict = try input.withUnsafeMutableBufferPointer { input throws(Failure) -> Bool? in
                (stream.pointee.next_in, stream.pointee.avail_in) = (input.baseAddress, uInt(count))
                while true {
                    let (code, produced) = step(stream, &output) { inflate($0, Z_NO_FLUSH) }
                    guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { return false }
                    guard try isNext(output[..<produced], in: plainFile, plain) else { return false }
                    if code == Z_STREAM_END { return stream.pointee.avail_in == 0 }
                    if stream.pointee.avail_in == 0, produced < chunk { return nil }
                }
            }
            guard let verdict else { continue }
            guard verdict else { return false }
            // Nothing may follow, in either file.
            guard try read(packedFile, packed, into: &input) == 0 else { return false }
            return try read(plainFile, plain, into: &input) == 0
        }
    }

    private static func copy(
        from source: (file: FileDescriptor, path: String), to target: (file: FileDescriptor, path: String),
        _ isAbandoned: () -> Bool
    ) throws(Failure) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        defer { stream.deallocate() }
        stream.initialize(to: z_stream())
        guard ccurl_gzip_start(stream) == Z_OK else { throw .outOfMemory }
        defer { deflateEnd(stream) }

        var (input, output) = ([UInt8](repeating: 0, count: chunk), [UInt8](repeating: 0, count: chunk))
        while true {
            if isAbandoned() { throw .abandoned }
            let count = try read(source.file, source.path, into: &input)
            let flush = count == 0 ? Z_FINISH : Z_NO_FLUSH
            let isDone = try input.withUnsafeMutableBufferPointer { input throws(Failure) in
                (stream.pointee.next_in, stream.pointee.avail_in) = (input.baseAddress, uInt(count))
                while true {
                    let (code, produced) = step(stream, &output) { deflate($0, flush) }
                    _ = try attempt("write to", target.path) { try target.file.writeAll(output[..<produced]) }
                    if code == Z_STREAM_END { return true }
                    // Room left in the output: all of the input is taken.
                    if produced < chunk { return false }
                }
            }
            if isDone { return }
        }
    }

    /// One call of zlib with a whole output buffer.
    private static func step(
        _ stream: UnsafeMutablePointer<z_stream>, _ output: inout [UInt8],
        _ call: (UnsafeMutablePointer<z_stream>) -> CInt
    ) -> (code: CInt, produced: Int) {
        output.withUnsafeMutableBufferPointer { output in
            (stream.pointee.next_out, stream.pointee.avail_out) = (output.baseAddress, uInt(output.count))
            let code = call(stream)
            return (code, output.count - Int(stream.pointee.avail_out))
        }
    }

    private static func isNext(
        _ bytes: ArraySlice<UInt8>, in file: FileDescriptor, _ path: String
    ) throws(Failure) -> Bool {
        var expected = [UInt8](repeating: 0, count: bytes.count)
        var filled = 0
        while filled < expected.count {
            let count = try attempt("read", path) {
                try expected.withUnsafeMutableBytes { try file.read(into: .init(rebasing: $0[filled...])) }
            }
            guard count > 0 else { return false }
            filled += count
        }
        return bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            return memcmp(start, expected, bytes.count) == 0
        }
    }

    private static func open(_ path: String) throws(Failure) -> (file: FileDescriptor, stat: stat) {
        let file = try attempt("open", path) {
            try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow, .nonBlocking])
        }
        do throws(Failure) {
            let stat = try attempt("open", path) { try Stat(file) }
            guard stat.type == .regular else { throw Failure.notRegular(path: path) }
            return (file, stat.rawValue)
        } catch {
            try? file.close()
            throw error
        }
    }

    private static func read(
        _ file: FileDescriptor, _ path: String, into buffer: inout [UInt8]
    ) throws(Failure) -> Int {
        try attempt("read", path) { try buffer.withUnsafeMutableBytes { try file.read(into: $0) } }
    }

    private static func attempt<Result>(
        _ action: String, _ path: String, _ body: () throws -> Result
    ) throws(Failure) -> Result {
        do { return try body() } catch {
            throw .refused(action: action, path: path, error as? Errno ?? .ioError)
        }
    }
}

extension GzipFile.Failure {
    /// As outputs report it.
    var problem: SinkProblem {
        switch self {
        case .refused(let action, let path, let errno): .refused(action: action, path: path, errno)
        case .notRegular(let path): .wrongKind(path: path, what: "it is not a regular file")
        case .outOfMemory: .unusable("cannot pack an archive: there is no memory for it")
        case .abandoned: .unusable("packing was stopped")
        }
    }
}
