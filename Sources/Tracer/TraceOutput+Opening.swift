internal import Glibc
internal import Machine

extension TraceOutput {
    /// Whose the file is to be, when it is not ours.
    package struct Owner: Sendable, Equatable {
        package let uid: UInt32
        package let gid: UInt32

        package init(uid: UInt32, gid: UInt32) { (self.uid, self.gid) = (uid, gid) }

        /// Who has called sudo; nil where nobody has, or root itself is meant.
        package static func caller(in environment: [String: String]) throws(TraceRefusal) -> Owner? {
            guard geteuid() == 0, let caller = try SudoCaller(environment) else { return nil }
            let gid = caller.gid ?? UserRecord.numbered(caller.uid)?.gid
            return Owner(uid: caller.uid, gid: gid ?? getegid())
        }

        /// Gives a file that was made here to the owner; where that cannot be done, it stays ours.
        func take(_ file: CInt) {
            if uid != geteuid() || gid != getegid() { fchown(file, uid, gid) }
        }
    }

    /// Whether a name on a command line is that of standard output, which may be opened no second time.
    package static func meansStandardOutput(_ name: String) -> Bool { name == "-" || name == "/dev/stdout" }

    /// What may be done with a file that is there.
    package enum Existing: Sendable {
        /// The default name: the trace before it, ours or the owner's, is replaced.
        case replaceOwn
        /// A file that was named: replaced only when that was asked for.
        case refuse
        case replace
    }

    /// Opens a file for the rows, or makes it.
    ///
    /// The folder may be anybody's, and we may be root: a symbolic link is never followed, and what is emptied is a plain file
    /// that has no other name and is ours or the owner's. Character devices and pipes that were named are taken as they are; disks are not. The folders on the
    /// way are followed wherever they lead. The file is locked (flock) as long as it is open.
    package static func open(
        _ path: String, owner: Owner?, existing: Existing
    ) throws(TraceRefusal) -> TraceOutput {
        let made = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0o644)
        if made >= 0 {
            owner?.take(made)
            let output = TraceOutput(made, name: path, path: path, isNew: true)
            try output.lock()
            return output
        }
        guard errno == EEXIST else { throw cannot("make", path) }
        // Not to wait for the reader of a pipe; nothing is emptied before it is known what it is.
        let opened = Glibc.open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard opened >= 0 else {
            switch errno {
            case ELOOP:
                throw TraceRefusal(
                    .failure, "\(path) is a symbolic link, which is not followed: name the file itself with --output")
            case EISDIR: throw TraceRefusal(.failure, "\(path) is a folder: name a file in it with --output")
            case ENXIO: throw TraceRefusal(.failure, "nobody reads from \(path)")
            default: throw cannot("open", path)
            }
        }
        let output = TraceOutput(opened, name: path, path: path, isNew: false)
        var status = stat()
        fstat(opened, &status)
        guard output.isRegular else {
            if status.st_mode & S_IFMT == S_IFBLK {
                throw TraceRefusal(.failure, "\(path) is a disk, and what is on it would be gone: name a file")
            }
            if existing == .replaceOwn {
                throw TraceRefusal(.failure, "\(path) is no plain file: name another with --output")
            }
            _ = fcntl(opened, F_SETFL, fcntl(opened, F_GETFL) & ~O_NONBLOCK)
            return output
        }
        switch existing {
        case .refuse:
            throw TraceRefusal(.argument, "\(path) is there already: choose another name, or replace it with --force")
        case .replace, .replaceOwn:
            guard status.st_nlink == 1 else {
                throw TraceRefusal(
                    .failure, "\(path) has a second name (a hard link), and both would change: remove it first")
            }
            guard status.st_uid == geteuid() || status.st_uid == owner?.uid else {
                throw TraceRefusal(
                    .failure, "\(path) belongs to user \(status.st_uid): remove it first, or name another with --output"
                )
            }
        }
        try output.lock()
        return output
    }

    /// Two traces in one file would be none: each empties it, and writes over the other's rows.
    private func lock() throws(TraceRefusal) {
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
        throw TraceRefusal(.failure, "another opentrace is writing \(name): name another file with --output")
    }

    private static func cannot(_ verb: String, _ path: String) -> TraceRefusal {
        TraceRefusal(.failure, "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
