package import SystemPackage

/// Why a sink cannot start, or what keeps it from using one of its files, in words for a person.
package enum SinkProblem: Error, Equatable, CustomStringConvertible {
    /// What the configuration asks for makes no sense, whatever the host.
    case unusable(String)
    /// The operating system refused; `action` is a verb such as "open".
    case refused(action: String, path: String, Errno)
    /// There is something else at the path than what is needed there.
    case wrongKind(path: String, what: String)
    /// A write took only part of the bytes, and that part was taken back.
    case torn(path: String)
    case noThread(Errno)

    package var description: String {
        switch self {
        case .unusable(let sentence): sentence
        case .refused(let action, let path, let errno): "cannot \(action) '\(path)': \(errno)"
        case .wrongKind(let path, let what): "cannot use '\(path)': \(what)"
        case .torn(let path): "cannot write a whole batch to '\(path)': is there room?"
        case .noThread(let errno): "cannot start a thread: \(errno)"
        }
    }
}
