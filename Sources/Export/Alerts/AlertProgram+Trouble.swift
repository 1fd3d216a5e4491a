import Glibc
import Model

extension AlertProgram {
    /// Why the program cannot be started; nil when it can, as far as anybody knows beforehand.
    package static func trouble(_ arguments: [String]) -> String? {
        guard let name = arguments.first else { return nil }
        if name.contains("/") { return trouble(path: name) }
        let search = getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin"
        let places = search.split(separator: ":", omittingEmptySubsequences: false)
        if places.contains(where: { trouble(path: "\($0.isEmpty ? "." : $0)/\(name)") == nil }) { return nil }
        return "'\(name.legible)' is in no directory of the agent's PATH, '\(search.legible)'"
    }

    private static func trouble(path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return "'\(path.legible)': \(String(cString: strerror(errno)))" }
        guard status.st_mode & S_IFMT == S_IFREG else { return "'\(path.legible)' is no file" }
        return access(path, X_OK) == 0 ? nil : "'\(path.legible)' is not executable"
    }
}
