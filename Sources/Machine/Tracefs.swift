internal import Glibc

/// Where the kernel shows its tracepoints; mounted for as long as this lives when nobody else has mounted it.
package struct Tracefs: ~Copyable {
    /// The directory that has `events`.
    package let path: String
    /// Whether it was mounted here, and goes again.
    package let isOurs: Bool

    private static let usual = "/sys/kernel/tracing"
    // The order in which libbpf looks, which must find the same one.
    private static let places = ["/sys/kernel/debug/tracing", usual]

    package init() throws(SystemError) {
        if let found = Self.places.first(where: { access("\($0)/events", F_OK) == 0 }) {
            (path, isOurs) = (found, false)
            return
        }
        guard mount("nodev", Self.usual, "tracefs", 0, nil) == 0 else {
            throw SystemError("cannot mount tracefs (try: mount -t tracefs nodev \(Self.usual)) at", Self.usual)
        }
        (path, isOurs) = (Self.usual, true)
    }

    deinit { if isOurs { umount2(Self.usual, CInt(MNT_DETACH)) } }
}
