internal import Glibc

/// The directory that survives a restart, held by one agent at a time.
///
/// Two locks, each for what the other does not hold: the one on the directory stays when somebody removes the file, and
/// the one on the file is there where directories cannot be locked (NFS).
package struct StateDirectory: ~Copyable {
    private let directory: CInt
    private let lock: CInt

    /// Makes the directory when it is missing (mode 0750) and locks it.
    ///
    /// - Parameter advice: what to do when another has it.
    package init(_ path: String, advice: String = "give each agent a state_dir of its own") throws(Refusal) {
        do {
            try Self.make(path)
        } catch {
            throw Refusal(
                .failed,
                "cannot use state_dir '\(path)': \(error.reason); choose another one in [agent] or make it writable")
        }
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        let failure: String?
        if lock < 0 {
            let advice = "choose another one in [agent] or make it writable"
            failure = "cannot use state_dir '\(path)': \(Self.reason); \(advice)"
        } else if flock(lock, LOCK_EX | LOCK_NB) != 0 || Self.isTaken(directory) {
            let reason = errno == EWOULDBLOCK ? "another otagent is using it" : Self.reason
            failure = "cannot lock state_dir '\(path)': \(reason); \(advice)"
        } else {
            failure = nil
        }
        if let failure {
            if lock >= 0 { close(lock) }
            if directory >= 0 { close(directory) }
            throw Refusal(.failed, failure)
        }
        (self.directory, self.lock) = (directory, lock)
    }

    deinit {
        close(lock)
        if directory >= 0 { close(directory) }
    }

    /// Locks the directory; false also when that is not possible here.
    private static func isTaken(_ directory: CInt) -> Bool {
        directory >= 0 && flock(directory, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// Where the batches of an output wait.
    package static func spool(of output: String, in path: String) -> String { "\(path)/spool/\(output)" }

    private struct Failure: Error { let reason: String }

    private static func make(_ path: String) throws(Failure) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o750) != 0, errno != EEXIST { throw Failure(reason: reason) }
        }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
