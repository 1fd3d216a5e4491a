internal import Glibc
internal import Machine
package import Model

/// Where in the cgroup2 tree the tracer is, as folders.
package struct OwnCgroup: Sendable, Equatable {
    /// Its own cgroup.
    package let path: ByteString
    /// Where the tree is mounted.
    package let top: ByteString

    package init(path: ByteString, top: ByteString) { (self.path, self.top) = (path, top) }

    /// Reads it from the texts of /proc/self/mountinfo and /proc/self/cgroup; nil where no cgroup2 is mounted.
    package init?(mountinfo: [UInt8], cgroup: [UInt8]) {
        guard let mount = CgroupMount(mountinfo: mountinfo) else { return nil }
        let line = cgroup.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: Array("0::".utf8)) }
        guard let line else { return nil }
        let own = line.dropFirst(3)
        top = mount.path
        // Outside of what the namespace shows it begins with `/..`.
        let isShown = !own.elementsEqual([UInt8(ascii: "/")]) && !own.starts(with: Array("/..".utf8))
        path = isShown ? ByteString(mount.path.bytes + own) : mount.path
    }

    package static func current() -> Self? {
        guard let mountinfo = try? readFile("/proc/self/mountinfo"), let cgroup = try? readFile("/proc/self/cgroup")
        else {
            return nil
        }
        return Self(mountinfo: mountinfo, cgroup: cgroup)
    }

    /// Where a cgroup for a command may be made, the best first.
    ///
    /// Below its own the command stays in the tracer's unit and within its limits. That cannot be where the own one is not a
    /// domain, or nothing may be made in it.
    package var places: [ByteString] {
        var places = [path]
        if path != top, let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")) {
            let parent = ByteString(path.bytes[..<slash])
            if parent.count > top.count { places.append(parent) }
        }
        return places.contains(top) ? places : places + [top]
    }
}
