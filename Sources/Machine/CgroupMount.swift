internal import Glibc
package import Model

/// Where the cgroup2 hierarchy is mounted: on hybrid hosts not at /sys/fs/cgroup.
package struct CgroupMount: Sendable, Equatable {
    /// The directory, without a slash at its end.
    package let path: ByteString

    package init(path: ByteString) { self.path = path }

    /// Reads it from the text of /proc/self/mountinfo; nil when no cgroup2 is mounted.
    ///
    /// With several mounts the one that shows the most of the hierarchy is taken: that with the shortest root.
    package init?(mountinfo: [UInt8]) {
        var best: (root: Int, path: [UInt8])?
        for line in mountinfo.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard let dash = fields.firstIndex(of: [UInt8(ascii: "-")]), dash >= 6, dash + 1 < fields.count,
                fields[dash + 1].elementsEqual("cgroup2".utf8)
            else { continue }
            let root = Self.unescape(fields[3]).count
            if best.map({ root < $0.root }) ?? true { best = (root, Self.unescape(fields[4])) }
        }
        guard let best else { return nil }
        path = ByteString(best.path)
    }

    /// Undoes the kernel's octal escapes of space, tab, newline and backslash.
    static func unescape(_ field: some Collection<UInt8>) -> [UInt8] {
        let field = Array(field)
        var bytes: [UInt8] = []
        var index = 0
        while index < field.count {
            let digits = field[(index + 1)...].prefix(3)
            if field[index] == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                index += 4
            } else {
                bytes.append(field[index])
                index += 1
            }
        }
        return bytes
    }
}
