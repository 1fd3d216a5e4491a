internal import Glibc
package import Model

/// An account, as the host's name service has it, be it from /etc/passwd or from elsewhere.
package struct UserRecord: Sendable, Equatable {
    package let name: ByteString
    package let uid: UInt32
    package let gid: UInt32
    package let home: ByteString
    package let shell: ByteString

    package init(name: ByteString, uid: UInt32, gid: UInt32, home: ByteString, shell: ByteString) {
        (self.name, self.uid, self.gid, self.home, self.shell) = (name, uid, gid, home, shell)
    }

    /// Nil where there is none; waits for the name service, which may ask another host.
    package static func named(_ name: String) -> UserRecord? {
        look { getpwnam_r(name, $0, $1, $2, $3) }
    }

    package static func numbered(_ uid: UInt32) -> UserRecord? {
        look { getpwuid_r(uid, $0, $1, $2, $3) }
    }

    /// All groups of the user, with `primary` among them; that one alone when they cannot be told.
    package func groups(primary: UInt32) -> [UInt32] {
        var count: CInt = 64
        // The second time it is known how many there are.
        for _ in 0..<8 {
            var groups = [gid_t](repeating: 0, count: Int(count))
            let found = name.withCString { getgrouplist($0, primary, &groups, &count) }
            if found >= 0 { return Array(groups.prefix(Int(found))) }
            count = max(count, CInt(groups.count) * 2)
        }
        return [primary]
    }

    private typealias Question = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> CInt

    private static func look(_ ask: Question) -> UserRecord? {
        var size = 1 << 10
        while size <= 1 << 20 {
            let (again, record) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
                guard let base = buffer.baseAddress else { return (false, nil as UserRecord?) }
                var (entry, found) = (passwd(), nil as UnsafeMutablePointer<passwd>?)
                let result = ask(&entry, base, buffer.count, &found)
                guard result == 0, let found else { return (result == ERANGE, nil) }
                return (false, UserRecord(found.pointee))
            }
            if !again { return record }
            size *= 4
        }
        return nil
    }

    private init(_ entry: passwd) {
        func bytes(_ text: UnsafeMutablePointer<CChar>?) -> ByteString {
            text.map { ByteString(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? ""
        }
        self.init(
            name: bytes(entry.pw_name), uid: entry.pw_uid, gid: entry.pw_gid, home: bytes(entry.pw_dir),
            shell: bytes(entry.pw_shell))
    }
}
