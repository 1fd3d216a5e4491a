import Glibc
import SystemPackage

/// The owner of a file that lines are appended to.
struct AppendFile: ~Copyable {
    private let path: String
    private let descriptor: FileDescriptor
    private let device: UInt64
    private let inode: UInt64
    private let isRegular: Bool

    /// Opens the file, which may be new; its directory must exist.
    ///
    /// Links are not followed: in a directory others may write to, one would lead a root process anywhere. Not blocking
    /// makes a pipe that nobody reads an error, where opening it would wait for ever.
    init(path: String) throws(SinkProblem) {
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .append, .closeOnExec, .noFollow, .nonBlocking],
                permissions: FilePermissions(rawValue: 0o640))
        } catch Errno.tooManySymbolicLinkLevels {
            throw .wrongKind(path: path, what: "it is a symbolic link")
        } catch {
            throw .refused(action: "open", path: path, error as? Errno ?? .ioError)
        }
        let stat: Stat
        do throws(Errno) { stat = try Stat(descriptor) } catch {
            try? descriptor.close()
            throw .refused(action: "open", path: path, error)
        }
        guard stat.type == .regular || stat.type == .characterSpecial else {
            try? descriptor.close()
            throw .wrongKind(path: path, what: "it is not a regular file")
        }
        isRegular = stat.type == .regular
        (device, inode) = (UInt64(stat.rawValue.st_dev), UInt64(stat.rawValue.st_ino))
        (self.path, self.descriptor) = (path, descriptor)
    }

    deinit { try? descriptor.close() }

    /// Whether the path still leads to this file: logrotate moves it away, and people remove it.
    func isInPlace() -> Bool {
        guard let stat = try? Stat(FilePath(path), followTargetSymlink: false) else { return false }
        return UInt64(stat.rawValue.st_dev) == device && UInt64(stat.rawValue.st_ino) == inode
    }

    /// Appends all the bytes in one write, or none of them.
    func append(_ bytes: [UInt8]) throws(SinkProblem) {
        do {
            let written = try bytes.withUnsafeBytes { try descriptor.write($0) }
            guard written < bytes.count else { return }
            if isRegular {
                // Where O_APPEND put us; if the file is longer now, somebody else's lines come behind: leave it.
                let end = try descriptor.seek(offset: 0, from: .current)
                if try Stat(descriptor).size == end { try descriptor.resize(to: end - Int64(written)) }
            }
        } catch {
            throw .refused(action: "write to", path: path, error as? Errno ?? .ioError)
        }
        throw .torn(path: path)
    }
}
