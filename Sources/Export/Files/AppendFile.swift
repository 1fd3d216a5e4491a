import Glibc
import Model
import SystemPackage

/// The owner of a file that lines are appended to.
struct AppendFile: ~Copyable {
    private let path: String
    private let descriptor: FileDescriptor
    private let device: UInt64
    private let inode: UInt64
    /// Only a regular file can be cut, rotated or read back.
    let isRegular: Bool
    /// Whether what is at the end belongs to an unfinished line.
    private var isTorn = false

    /// Opens the file, which may be new; its directory must exist.
    ///
    /// Links are not followed: in a directory others may write to, one would lead a root process anywhere. Not blocking
    /// makes a pipe that nobody reads an error, where opening it would wait for ever.
    ///
    /// - Parameter isNew: whether there must be nothing at the path yet.
    init(path: String, isNew: Bool = false) throws(SinkProblem) {
        let descriptor: FileDescriptor
        var options: FileDescriptor.OpenOptions = [.create, .append, .closeOnExec, .noFollow, .nonBlocking]
        if isNew { options.insert(.exclusiveCreate) }
        do {
            descriptor = try FileDescriptor.open(
                path, .writeOnly, options: options, permissions: FilePermissions(rawValue: 0o640))
        } catch Errno.tooManySymbolicLinkLevels {
            throw .wrongKind(path: path, what: Self.symbolicLink)
        } catch Errno.noSuchAddressOrDevice {
            // A pipe that nobody reads, a socket.
            throw .wrongKind(path: path, what: Self.notRegular)
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
            throw .wrongKind(path: path, what: Self.notRegular)
        }
        isRegular = stat.type == .regular
        (device, inode) = (UInt64(stat.rawValue.st_dev), UInt64(stat.rawValue.st_ino))
        (self.path, self.descriptor) = (path, descriptor)
    }

    deinit { try? descriptor.close() }

    private static let symbolicLink = "it is a symbolic link"
    private static let notRegular = "it is not a regular file"

    /// Throws when there is something at the path that would never be opened; opens nothing, and what is not there, or
    /// cannot be looked at, may be fine.
    static func checkKind(of path: String) throws(SinkProblem) {
        guard let stat = try? Stat(FilePath(path), followTargetSymlink: false) else { return }
        switch stat.type {
        case .regular, .characterSpecial: return
        case .symbolicLink: throw .wrongKind(path: path, what: symbolicLink)
        default: throw .wrongKind(path: path, what: notRegular)
        }
    }

    /// Whether the path still leads to this file: logrotate moves it away, and people remove it.
    func isInPlace() -> Bool {
        guard let stat = try? Stat(FilePath(path), followTargetSymlink: false) else { return false }
        return isThis(stat)
    }

    /// Bytes in it, and when they were last changed; asked anew each time, because others truncate and copy files.
    func state() throws(SinkProblem) -> (size: Int, modified: Timestamp) {
        do throws(Errno) {
            let raw = try Stat(descriptor).rawValue
            let modified = Int64(raw.st_mtim.tv_sec) * 1_000_000_000 + Int64(raw.st_mtim.tv_nsec)
            return (Int(raw.st_size), Timestamp(nanoseconds: modified))
        } catch {
            throw .refused(action: "read the size of", path: path, error)
        }
    }

    /// Appends all the bytes in one write, or none of them.
    mutating func append(_ bytes: [UInt8]) throws(SinkProblem) {
        // What cannot be cut off is at least made a line of its own, by the same write.
        let wasTorn = isTorn
        let bytes = wasTorn ? [UInt8(ascii: "\n")] + bytes : bytes
        do {
            let written = try bytes.withUnsafeBytes { try descriptor.write($0) }
            guard written < bytes.count else { return isTorn = false }
            if isRegular {
                isTorn = true
                // Where O_APPEND put us; if the file is longer now, somebody else's lines come behind: leave it.
                let end = try descriptor.seek(offset: 0, from: .current)
                if try Stat(descriptor).size == end {
                    try descriptor.resize(to: end - Int64(written))
                    isTorn = wasTorn
                }
            }
        } catch {
            throw .refused(action: "write to", path: path, error as? Errno ?? .ioError)
        }
        throw .torn(path: path)
    }

    /// Cuts off a last line that has no end, which an agent that was killed left behind; returns the bytes cut.
    ///
    /// A line that is not ours, or so long that its beginning is not found, stays and gets an end.
    mutating func mendEnd() throws(SinkProblem) -> Int {
        guard isRegular else { return 0 }
        let size = try state().size
        guard size > 0, let reader = reader() else { return 0 }
        defer { try? reader.close() }
        do {
            switch try FileEnd(of: reader, size: size) {
            case .whole: return 0
            case .foreign: isTorn = true
            case .torn(let beginning):
                guard try state().size == size else { return 0 }
                try descriptor.resize(to: Int64(beginning))
                return size - beginning
            }
            return 0
        } catch {
            throw .refused(action: "mend", path: path, error as? Errno ?? .ioError)
        }
    }

    /// The same file once more, for reading; nil where that is not permitted.
    private func reader() -> FileDescriptor? {
        let options: FileDescriptor.OpenOptions = [.closeOnExec, .noFollow, .nonBlocking]
        guard let reader = try? FileDescriptor.open(path, .readOnly, options: options) else { return nil }
        if let stat = try? Stat(reader), isThis(stat) { return reader }
        try? reader.close()
        return nil
    }

    private func isThis(_ stat: Stat) -> Bool {
        UInt64(stat.rawValue.st_dev) == device && UInt64(stat.rawValue.st_ino) == inode
    }
}
