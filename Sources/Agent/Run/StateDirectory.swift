internal import Glibc

/// The directory that survives a restart, held by one agent at a time.
package struct StateDirectory: ~Copyable {
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
        let lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard lock >= 0 else {
            throw Refusal(
                .failed,
                "cannot use state_dir '\(path)': \(Self.reason); choose another one in [agent] or make it writable")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno == EWOULDBLOCK ? "another otagent is using it" : Self.reason
            close(lock)
            throw Refusal(.failed, "cannot lock state_dir '\(path)': \(reason); \(advice)")
        }
        self.lock = lock
    }

    deinit { close(lock) }

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
