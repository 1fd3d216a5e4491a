package import Model

/// The accounts in the text of /etc/passwd: a directory service is not asked, which could take for ever.
package struct Accounts: Sendable {
    package struct Account: Sendable, Equatable {
        package let name: ByteString
        package let home: ByteString
    }

    private var accounts: [UInt32: Account] = [:]

    package init(_ passwd: [UInt8]) {
        for line in passwd.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count == 7, let uid = UInt32(String(decoding: fields[2], as: UTF8.self)),
                fields[5].first == UInt8(ascii: "/"), accounts[uid] == nil
            else { continue }
            accounts[uid] = Account(name: ByteString(fields[0]), home: ByteString(fields[5]))
        }
    }

    /// The first that has this number, as the C library has it.
    package func account(_ uid: UInt32) -> Account? { accounts[uid] }
}

/// Which kind of file system something is on.
package enum MountTypes {
    /// Whether the path is on a file system of this host, by the text of /proc/self/mountinfo: one that always answers.
    package static func isLocal(_ path: ByteString, mountinfo: [UInt8]) -> Bool {
        var best: (length: Int, type: [UInt8])?
        for line in mountinfo.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard let dash = fields.firstIndex(of: [UInt8(ascii: "-")]), dash >= 6, dash + 1 < fields.count else {
                continue
            }
            let place = CgroupMount.unescape(fields[4])
            // The last of those mounted at the same place is the one that is seen.
            if isBelow(path.bytes, place), place.count >= best?.length ?? 0 {
                best = (place.count, Array(fields[dash + 1]))
            }
        }
        guard let best else { return false }
        let type = String(decoding: best.type, as: UTF8.self)
        return !type.hasPrefix("fuse") && !remote.contains(type)
    }

    private static let remote: Set = ["afs", "autofs", "ceph", "cifs", "coda", "nfs", "nfs4", "smb3"]

    private static func isBelow(_ path: [UInt8], _ place: [UInt8]) -> Bool {
        guard path.starts(with: place) else { return false }
        return place == [UInt8(ascii: "/")] || path.count == place.count || path[place.count] == UInt8(ascii: "/")
    }
}
