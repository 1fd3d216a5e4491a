/// The version of a kernel, as far as it is needed to tell what the kernel counts.
package struct KernelRelease: Comparable, Sendable {
    package let major: Int
    package let minor: Int

    package init(major: Int, minor: Int) { (self.major, self.minor) = (major, minor) }

    /// Reads what `uname -r` prints, such as `6.18.44-fc-v782`.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 2)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1].prefix { $0.isNumber }) else {
            return nil
        }
        self.init(major: major, minor: minor)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// From here on skipped runs of classic tracepoints are counted; before they are unknown.
    package static let countsMissedTracepoints = Self(major: 6, minor: 7)
}
