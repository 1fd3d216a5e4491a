internal import Machine
package import Model

/// What a command finds in its environment, and where it is looked for.
package struct ChildEnvironment: Sendable, Equatable {
    /// `NAME=value`, as they are.
    package private(set) var entries: [ByteString]

    package init(_ entries: [ByteString]) { self.entries = entries }

    /// What tells who a user is, and what sudo leaves: it would be wrong of another one.
    private static let ofUsers = ["HOME", "USER", "LOGNAME", "SHELL", "MAIL"]
    private static let ofSudo = ["SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND", "SUDO_HOME"]

    /// As the user would have it.
    package func of(_ user: ChildUser) -> Self {
        var environment = self
        for name in Self.ofUsers + Self.ofSudo { environment.remove(name) }
        guard let record = user.record else {
            environment.set("HOME", "/")
            return environment
        }
        environment.set("HOME", record.home)
        environment.set("USER", record.name)
        environment.set("LOGNAME", record.name)
        // As passwd(5) says of an empty one.
        environment.set("SHELL", record.shell.isEmpty ? "/bin/sh" : record.shell)
        return environment
    }

    package subscript(_ name: String) -> ByteString? {
        let prefix = Array("\(name)=".utf8)
        return entries.first { $0.bytes.starts(with: prefix) }.map { ByteString($0.bytes.dropFirst(prefix.count)) }
    }

    private mutating func remove(_ name: String) {
        let prefix = Array("\(name)=".utf8)
        entries.removeAll { $0.bytes.starts(with: prefix) }
    }

    private mutating func set(_ name: String, _ value: ByteString) {
        entries.append(ByteString(Array("\(name)=".utf8) + value.bytes))
    }

    /// Where there is no PATH, as execvp(3) has it.
    private static let usualPath: ByteString = "/bin:/usr/bin"

    /// The files that a command may be, in the order of PATH; one with a slash is a file itself.
    package func candidates(for command: ByteString) -> [ByteString] {
        let slash = UInt8(ascii: "/")
        // An empty name would make the folders themselves candidates.
        if command.isEmpty || command.bytes.contains(slash) { return [command] }
        return searched.map { folder in
            // An empty one is the folder where we are.
            folder.isEmpty ? command : ByteString(folder.bytes + [slash] + command.bytes)
        }
    }

    package var searched: [ByteString] {
        (self["PATH"] ?? Self.usualPath).bytes
            .split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { ByteString($0) }
    }
}
