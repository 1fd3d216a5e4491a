/// What a watch rule may watch for; each of them changes a file or a directory.
package enum WatchedOperation: UInt8, CaseIterable, Hashable, Sendable {
    case write, create, delete, rename, truncate, allocate, link, symlink, mkdir, sharedMap

    /// As it is written in `ops` and in alerts.
    package var name: String {
        switch self {
        case .write: "write"
        case .create: "create"
        case .delete: "delete"
        case .rename: "rename"
        case .truncate: "truncate"
        case .allocate: "allocate"
        case .link: "link"
        case .symlink: "symlink"
        case .mkdir: "mkdir"
        case .sharedMap: "shared_map"
        }
    }

    package init?(name: String) {
        guard let operation = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = operation
    }
}
