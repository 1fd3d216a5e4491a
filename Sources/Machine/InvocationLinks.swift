internal import CLinux
internal import Glibc
package import Model

/// The links in which every systemd keeps the invocation IDs of what it runs.
///
/// Scopes have them nowhere else, nor have the units of users before systemd 253.
package enum InvocationLinks {
    /// The ID of the unit's run now; nil when it has none, or there is no such systemd in sight.
    ///
    /// - Parameter user: whose systemd it belongs to; nil for the host's.
    /// - Parameter root: a folder that stands for `/`.
    package static func id(of unit: UnitName, ofUser user: UInt32?, root: String = "") -> String? {
        guard let name = unit.name.text else { return nil }
        let link = "systemd/units/invocation:\(name)"
        let target = Self.target { buffer, size in
            guard let user else { return readlink("\(root)/run/\(link)", buffer, size) }
            // The user may make anything of this folder: a link into a file system that hangs must not hold a window.
            return clinux_read_link_below("\(root)/run/user/\(user)", link, buffer, size)
        }
        return target.flatMap(invocationID)
    }

    /// 32 hexadecimal digits, which is all that an invocation ID can be.
    static func invocationID(_ bytes: [UInt8]) -> String? {
        let isID =
            bytes.count == 32
            && bytes.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
        return isID ? ByteString(bytes).text : nil
    }

    private static func target(_ read: (UnsafeMutablePointer<CChar>, Int) -> Int) -> [UInt8]? {
        let bytes = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            let length = buffer.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { read($0, characters.count) } ?? 0
            }
            count = max(length, 0)
        }
        return bytes.isEmpty ? nil : bytes
    }
}
