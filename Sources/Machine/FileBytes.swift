internal import Glibc
internal import Model

/// What a system call said no to.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    package let call: String
    package let subject: String
    package let errno: CInt

    init(_ call: String, _ subject: String, errno: CInt = Glibc.errno) {
        (self.call, self.subject, self.errno) = (call, subject, errno)
    }

    package var description: String { "\(call) \(subject): \(String(cString: strerror(errno)))" }
}

/// The whole of a small file, such as those of /proc, whose size is not known before they are read.
package func readFile(_ path: String, limit: Int = 16 << 20) throws(SystemError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("cannot open", path) }
    defer { close(descriptor) }
    return try readFile(descriptor, path, limit: limit)
}

/// The rest of an open file; at most somewhat more than `limit`.
func readFile(_ descriptor: CInt, _ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    let size = 64 << 10
    while bytes.count < limit {
        var failure: CInt = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let got = read(descriptor, buffer.baseAddress, size)
            failure = got < 0 ? errno : 0
            count = max(got, 0)
        }
        if failure == EINTR { continue }
        if failure != 0 { throw SystemError("cannot read", path, errno: failure) }
        if chunk.isEmpty { break }
        bytes += chunk
    }
    return bytes
}

/// Where a symbolic link points to; nil when it is none or may not be read.
func readLink(_ path: String) -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
        let length = buffer.withMemoryRebound(to: CChar.self) { characters in
            characters.baseAddress.map { readlink(path, $0, characters.count) } ?? 0
        }
        count = max(length, 0)
    }
    return bytes.isEmpty ? nil : bytes
}
