internal import Glibc
package import Model

/// What units say of themselves in `Description=`, read from their files: no systemd has to answer.
///
/// A unit may have been changed since it was loaded; then this is what it will be called after the next reload.
package struct UnitDescriptions {
    /// One systemd: the host's, or a user's.
    private struct Owner {
        let folders: UnitFolders
        let specifiers: UnitSpecifiers
    }

    private let root: String
    private let hostname: ByteString
    private let accounts: Accounts
    private var owners: [UInt32?: Owner] = [:]

    /// - Parameter root: a folder that stands for `/`.
    package init(root: String = "", hostname: String) {
        self.root = root
        self.hostname = ByteString(hostname)
        accounts = Accounts((try? readFile(root + "/etc/passwd")) ?? [])
    }

    /// - Parameter user: whose systemd it belongs to; nil for the host's.
    /// - Returns: nil when nothing says more than the name does.
    package mutating func description(of unit: UnitName, ofUser user: UInt32? = nil) -> ByteString? {
        let owner = owners[user] ?? makeOwner(user)
        owners[user] = owner
        let file = owner.folders.unitFile(of: unit)
        // A masked unit that still runs has lost its name.
        if file?.isEmpty == true { return unit.defaultDescription }
        var description: ByteString?
        for text in [file ?? []] + owner.folders.dropIns(of: unit) {
            for value in UnitFile.values(of: "Description", in: "Unit", text) {
                if value.isEmpty {
                    description = nil
                } else if let expanded = owner.specifiers.expanded(value, for: unit) {
                    description = expanded.isEmpty ? nil : expanded
                }
            }
        }
        return description ?? unit.defaultDescription
    }

    private func makeOwner(_ user: UInt32?) -> Owner {
        guard let user else {
            return Owner(
                folders: UnitFolders(Self.systemFolders.map { ByteString(root + $0) }, ofUser: nil),
                specifiers: UnitSpecifiers(
                    hostname: hostname, user: "root", uid: 0, home: "/root", runtimeFolder: "/run"))
        }
        let account = accounts.account(user)
        let runtime = "/run/user/\(user)"
        let paths = Self.userFolders.compactMap { path -> ByteString? in
            let bytes = Array(path.utf8)
            if path.hasPrefix("~") {
                return account.map { ByteString(Array(root.utf8) + $0.home.bytes + bytes.dropFirst()) }
            }
            return ByteString(root + (path.hasPrefix("%") ? runtime + path.dropFirst() : path))
        }
        return Owner(
            folders: UnitFolders(paths, ofUser: user),
            specifiers: UnitSpecifiers(
                hostname: hostname, user: account?.name ?? ByteString(String(user)), uid: user, home: account?.home,
                runtimeFolder: ByteString(runtime)))
    }

    /// systemd.unit(5), "System Unit Search Path".
    private static let systemFolders = [
        "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
        "/run/systemd/generator.early", "/etc/systemd/system", "/etc/systemd/system.attached", "/run/systemd/system",
        "/run/systemd/system.attached", "/run/systemd/generator", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late",
    ]

    /// The same, "User Unit Search Path": `~` is the home, `%` the folder for what runs.
    private static let userFolders = [
        "~/.config/systemd/user.control", "%/systemd/user.control", "%/systemd/transient", "%/systemd/generator.early",
        "~/.config/systemd/user", "/etc/xdg/systemd/user", "/etc/systemd/user", "%/systemd/user", "/run/systemd/user",
        "%/systemd/generator", "~/.local/share/systemd/user", "/usr/local/share/systemd/user",
        "/usr/share/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user", "/lib/systemd/user",
        "%/systemd/generator.late",
    ]
}
