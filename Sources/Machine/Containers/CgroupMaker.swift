internal import Glibc
package import Model

/// Who made a cgroup: whatever its name says, it says of that user's containers.
package enum CgroupMaker: Equatable, Sendable {
    case superuser
    /// Somebody to whom a part of the tree was delegated.
    case user(UInt32)
    /// It is gone, or not shown here.
    case unknown
}

/// Tells who made cgroups, by the owners of their directories.
package struct CgroupMakers: Sendable {
    private let mount: [UInt8]
    private let superuser: UInt32

    /// - Parameters:
    ///   - mount: where the tree is mounted, without a slash at its end.
    ///   - superuser: who root is: another one in tests only.
    package init(mount: ByteString, superuser: UInt32 = 0) { (self.mount, self.superuser) = (mount.bytes, superuser) }

    /// Nobody but root makes a directory in one that root keeps to itself, and nobody else gives one away: so it is
    /// root's, too, where root made it and then gave it to the user a container runs as.
    package func maker(of path: ByteString) -> CgroupMaker {
        let end = path.bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
        if let parent = status(path.bytes[..<end]), parent.st_uid == superuser, parent.st_mode & 0o022 == 0 {
            return .superuser
        }
        guard let own = status(path.bytes[...]) else { return .unknown }
        return own.st_uid == superuser ? .superuser : .user(own.st_uid)
    }

    /// Asks the kernel alone: a cgroup's directory is in memory.
    private func status(_ path: ArraySlice<UInt8>) -> stat? {
        var status = stat()
        return ByteString(mount + path).withCString { lstat($0, &status) } == 0 ? status : nil
    }
}

extension ContainerQuestion {
    /// The question as it may be asked about the cgroup at `path`; nil when nobody is to be asked.
    ///
    /// Of what a user made inside a unit of the system's only that user's runtimes are asked, as they are about what the
    /// user's own systemd arranges; and users have no pods.
    package func asked(at path: ByteString, madeBy maker: (ByteString) -> CgroupMaker) -> Self? {
        if owner != nil { return self }
        let directories = path.containerDirectories
        func directory(_ depth: Int) -> ByteString {
            ByteString(directories.prefix(depth).flatMap { [UInt8(ascii: "/")] + $0 })
        }
        var depths = UnitIdentity.claims(onCgroupPath: path)
        if case .place(let place) = subject {
            guard let last = place.last else { return nil }
            if !Self.isLongID(last.bytes) {
                guard maker(directory(1)) == .superuser else { return nil }
                // A container may be given its cgroup: what it makes there is not to be looked for.
                let count = place.count > 1 && maker(directory(2)) == .superuser ? 2 : 1
                return Self(.place(Array(place.prefix(count))))
            }
            depths = [place.count]
        }
        var question = self
        for depth in depths {
            switch maker(directory(depth)) {
            case .superuser: break
            case .user(let user): (question.owner, question.podUID) = (user, nil)
            case .unknown: return nil
            }
        }
        return question.owner != nil && question.subject == .pod ? nil : question
    }
}
