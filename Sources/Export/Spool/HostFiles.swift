import Glibc
import Model
import SystemPackage

/// The files of this host.
struct HostFiles: FileOperations {
    func makeDirectory(_ path: FilePath) throws(Errno) {
        var made = path
        made.components.removeAll()
        for part in path.components {
            made.append(part)
            guard made.withPlatformString({ mkdir($0, 0o750) }) != 0 else { continue }
            let reason = Errno.current
            guard reason == .fileExists else { throw reason }
        }
    }

    func files(in path: FilePath) throws(Errno) -> [FoundFile] {
        guard let directory = path.withPlatformString({ opendir($0) }) else { throw .current }
        defer { closedir(directory) }
        var found: [FoundFile] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw .current }
                return found
            }
            // The name is longer than Swift's tuple for it may say; it ends with a zero.
            let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
            let text = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            guard let name = FilePath.Component(platformString: text), name.kind == .regular else { continue }
            var status = stat()
            // Gone since: not there.
            guard fstatat(dirfd(directory), text, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            found.append(
                FoundFile(
                    name: name, kind: Self.kind(status.st_mode), size: Int(status.st_size),
                    allocated: Int(status.st_blocks) * 512))
        }
    }

    private static func kind(_ mode: mode_t) -> FoundFile.Kind {
        switch mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        default: .other
        }
    }

    func create(_ path: FilePath) throws(Errno) -> FileDescriptor {
        try Self.typed {
            try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow],
                permissions: FilePermissions(rawValue: 0o640))
        }
    }

    func write(_ bytes: [UInt8], to file: FileDescriptor) throws(Errno) {
        _ = try Self.typed { try file.writeAll(bytes) }
    }

    func sync(_ file: FileDescriptor) throws(Errno) {
        guard fdatasync(file.rawValue) == 0 else { throw .current }
    }

    func close(_ file: FileDescriptor) { try? file.close() }

    func rename(_ path: FilePath, to other: FilePath) throws(Errno) {
        let result = path.withPlatformString { path in other.withPlatformString { Glibc.rename(path, $0) } }
        guard result == 0 else { throw .current }
    }

    func remove(_ path: FilePath) throws(Errno) {
        guard path.withPlatformString({ unlink($0) }) == 0 else { throw .current }
    }

    func syncDirectory(_ path: FilePath) throws(Errno) {
        let directory = try Self.typed {
            try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .directory])
        }
        defer { try? directory.close() }
        guard fsync(directory.rawValue) == 0 else { throw .current }
    }

    func beginning(of path: FilePath, upTo limit: Int) throws(Errno) -> [UInt8] {
        try Self.typed {
            // Not blocking: a pipe of that name must not hold up the thread.
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow, .nonBlocking])
            defer { try? file.close() }
            let stat = try Stat(file)
            guard stat.type == .regular else { throw Errno.invalidArgument }
            return try [UInt8](unsafeUninitializedCapacity: min(Int(stat.size), limit)) { buffer, count in
                while count < buffer.count {
                    let rest = UnsafeMutableRawBufferPointer(buffer)[count...]
                    let read = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: rest))
                    if read == 0 { break }
                    count += read
                }
            }
        }
    }

    func room(at path: FilePath) throws(Errno) -> (free: Int, total: Int) {
        var status = statvfs()
        guard path.withPlatformString({ statvfs($0, &status) }) == 0 else { throw .current }
        let unit = Int(clamping: status.f_frsize)
        func bytes(_ blocks: fsblkcnt_t) -> Int {
            let (bytes, overflow) = Int(clamping: blocks).multipliedReportingOverflow(by: unit)
            return overflow ? .max / 2 : min(bytes, .max / 2)
        }
        return (bytes(status.f_bavail), bytes(status.f_blocks))
    }

    /// System's own calls throw nothing but `Errno`, and do not say so.
    private static func typed<Result>(_ body: () throws -> Result) throws(Errno) -> Result {
        do { return try body() } catch { throw error as? Errno ?? .ioError }
    }
}

extension Errno {
    /// What the last call left behind.
    static var current: Errno { Errno(rawValue: errno) }
}

extension Timestamp {
    /// The wall clock now.
    static var current: Self {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Self(nanoseconds: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
    }
}
