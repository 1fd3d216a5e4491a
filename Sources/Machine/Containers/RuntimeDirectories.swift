internal import FoundationEssentials
internal import Model
internal import Synchronization

/// Where the runtimes of a host keep their state, below a root folder.
struct RuntimeDirectories: Sendable {
    /// Of dockerd: `containers/<id>/config.v2.json` is in it.
    private(set) var docker: [String]
    /// Of containerd: `io.containerd.runtime.v2.task/<namespace>/<id>/config.json` is in it.
    private(set) var containerd: [String]
    /// Of podman and CRI-O: `<driver>-containers/containers.json` is in it, or `<driver>-containers/<id>/userdata`.
    private(set) var storage: [String]
    /// Of runc: `<id>/state.json` is in it.
    let runc: [String]
    /// Of crun: `<id>/status` is in it.
    let crun: [String]
    let podLogs: String
    let machines: String

    private static let usualDocker = "/var/lib/docker"
    /// That of containerd by itself, of k3s and RKE2, k0s, MicroK8s, and of the one dockerd starts.
    private static let usualContainerd = [
        "/run/containerd", "/run/k3s/containerd", "/run/k0s/containerd", "/var/snap/microk8s/common/run/containerd",
        "/run/docker/containerd/daemon",
    ]
    private static let usualStorage = ["/var/lib/containers/storage", "/run/containers/storage"]

    /// - Parameter extra: directories of the configuration, each of any runtime.
    init(root: String, extra: [String]) {
        let root = root.hasSuffix("/") ? String(root.dropLast()) : root
        func places(_ usual: [String], _ configured: [String?]) -> [String] {
            var all: [String] = []
            for path in usual + configured.compactMap(\.self) + extra where path.hasPrefix("/") && !all.contains(path) {
                all.append(path)
            }
            return all.map { root + $0 }
        }
        docker = places([Self.usualDocker], [Self.dockerRoot(root + "/etc/docker/daemon.json")])
        containerd = places(
            Self.usualContainerd, [Self.value("state", in: root + "/etc/containerd/config.toml", table: nil)])
        let conf = root + "/etc/containers/storage.conf"
        storage = places(
            Self.usualStorage,
            [Self.value("graphroot", in: conf, table: "storage"), Self.value("runroot", in: conf, table: "storage")])
        runc = places(["/run/runc"], [])
        crun = places(["/run/crun"], [])
        podLogs = root + "/var/log/pods"
        machines = root + "/run/systemd/machines"
    }

    /// Those of one user, below the home that /etc/passwd gives; nil for a user it does not have.
    init?(root: String, user: UInt32) {
        guard let passwd = try? readFile(root + "/etc/passwd", limit: 16 << 20),
            let home = Accounts(passwd).account(user)?.home.text
        else { return nil }
        docker = ["\(root)\(home)/.local/share/docker"]
        storage = ["\(root)\(home)/.local/share/containers/storage", "\(root)/run/user/\(user)/containers"]
        containerd = []
        (runc, crun) = ([root + "/run/runc"], [root + "/run/crun"])
        (podLogs, machines) = (root + "/var/log/pods", root + "/run/systemd/machines")
    }

    private struct DockerDaemon: Decodable {
        var dataRoot: String?
        enum CodingKeys: String, CodingKey { case dataRoot = "data-root" }
    }

    private static func dockerRoot(_ path: String) -> String? {
        guard let bytes = try? readFile(path, limit: 1 << 20) else { return nil }
        return try? StateFile.json(DockerDaemon.self, in: bytes, named: path).dataRoot
    }

    /// A plain string of a TOML file: as much of TOML as the one line that is looked for needs.
    private static func value(_ key: String, in path: String, table: String?) -> String? {
        guard let bytes = try? readFile(path, limit: 1 << 20) else { return nil }
        var current: String?
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let line = line.drop { $0 == " " || $0 == "\t" }
            if line.hasPrefix("[") { current = String(line.dropFirst().prefix { $0 != "]" }) }
            guard current == table, line.hasPrefix(key) else { continue }
            let rest = line.dropFirst(key.count).drop { $0 == " " || $0 == "\t" }
            guard rest.first == "=" else { continue }
            let value = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            guard let quote = value.first, quote == "\"" || quote == "'" else { continue }
            return String(value.dropFirst().prefix { $0 != quote })
        }
        return nil
    }
}

/// Where the runtimes of users keep their state, remembered for a while: the list of accounts may be long.
final class UsersDirectories: Sendable {
    private let known = Mutex<[UInt32: (directories: RuntimeDirectories?, until: Int64)]>([:])
    private let clock: @Sendable () -> Int64

    private static let lifetime: Int64 = 30_000_000_000
    private static let most = 256

    /// - Parameter clock: nanoseconds, never set back.
    init(clock: @escaping @Sendable () -> Int64 = { Clock.monotonic }) { self.clock = clock }

    func directories(of user: UInt32, root: String) -> RuntimeDirectories? {
        let now = clock()
        if let entry = known.withLock({ $0[user] }), now < entry.until { return entry.directories }
        // Not under the lock: /etc/passwd may take its time.
        let directories = RuntimeDirectories(root: root, user: user)
        known.withLock { known in
            if known.count >= Self.most { known = known.filter { now < $0.value.until } }
            if known.count >= Self.most { known.removeAll() }
            known[user] = (directories, now + Self.lifetime)
        }
        return directories
    }
}
