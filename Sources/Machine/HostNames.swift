internal import Glibc

/// What this host calls itself and its kernel.
package enum HostNames {
    package static var hostname: String { field(\.nodename) }

    /// As `uname -r` prints it.
    package static var kernelRelease: String { field(\.release) }

    private static func field<Characters>(_ path: KeyPath<utsname, Characters>) -> String {
        var names = utsname()
        uname(&names)
        return withUnsafeBytes(of: names[keyPath: path]) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
