/// The place of a spooled batch in the order of its output.
///
/// Numbers grow with every batch. The halves of a batch that was too large stand where it stood, told apart by a letter
/// for each halving: `7a` and `7b`, later perhaps `7aa` and `7ab`.
package struct SpoolPlace: Hashable, Sendable, Comparable {
    package let number: UInt64
    package let branch: String

    package init(number: UInt64, branch: String = "") { (self.number, self.branch) = (number, branch) }

    /// Halved more often than this, nothing is left of the largest batch.
    private static let deepest = 40
    private static let digits = 20

    /// Beyond it no number is ours.
    package static let greatest: UInt64 = 1_000_000_000_000_000_000

    /// `00000000000000000007ab`, so that texts sort as places do.
    package var text: String {
        let digits = String(number)
        return String(repeating: "0", count: Self.digits - digits.count) + digits + branch
    }

    package init?(_ text: some StringProtocol) {
        guard text.utf8.count >= Self.digits, text.utf8.count <= Self.digits + Self.deepest else { return nil }
        guard text.utf8.prefix(Self.digits).allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt64(text.prefix(Self.digits)), number <= Self.greatest
        else { return nil }
        let branch = text.dropFirst(Self.digits)
        guard branch.utf8.allSatisfy({ $0 == UInt8(ascii: "a") || $0 == UInt8(ascii: "b") }) else { return nil }
        self.init(number: number, branch: String(branch))
    }

    /// Where the halves go; nil when it was halved too often.
    package var halves: (first: SpoolPlace, second: SpoolPlace)? {
        guard branch.utf8.count < Self.deepest else { return nil }
        return (SpoolPlace(number: number, branch: branch + "a"), SpoolPlace(number: number, branch: branch + "b"))
    }

    /// Each batch this one is a half of, half of a half of and so on, and whether it is of the second half.
    package var ancestors: [(place: SpoolPlace, isOfSecondHalf: Bool)] {
        branch.indices.map { index in
            (SpoolPlace(number: number, branch: String(branch[..<index])), branch[index] == "b")
        }
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.number != right.number ? left.number < right.number : left.branch < right.branch
    }
}

/// The name of a spooled file. It tells all that is to be known of a batch before it is sent, so that a start need not
/// open thousands of files.
///
/// `<place>-<rows>-<start>-<end>.otb`; start and end of the window are milliseconds since 1970 UTC.
package struct SpoolName: Hashable, Sendable {
    package let place: SpoolPlace
    package let rows: Int
    package let start: Timestamp
    package let end: Timestamp

    private static let ending = ".otb"
    private static let mostRows = 1_000_000_000

    /// - Parameter start: what is finer than a millisecond is cut off, here and in `end`.
    package init(place: SpoolPlace, rows: Int, start: Timestamp, end: Timestamp) {
        (self.place, self.rows) = (place, min(max(rows, 0), Self.mostRows))
        (self.start, self.end) = (Self.cut(start), Self.cut(end))
    }

    package var text: String {
        "\(place.text)-\(rows)-\(Self.milliseconds(start))-\(Self.milliseconds(end))\(Self.ending)"
    }

    /// Nil for every text that is not exactly one of ours.
    package init?(_ text: String) {
        guard text.hasSuffix(Self.ending) else { return nil }
        let parts = text.dropLast(Self.ending.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, let place = SpoolPlace(parts[0]), let rows = Int(parts[1]), rows <= Self.mostRows,
            let start = Self.timestamp(parts[2]), let end = Self.timestamp(parts[3])
        else { return nil }
        self.init(place: place, rows: rows, start: start, end: end)
        guard self.text == text else { return nil }
    }

    /// The same window elsewhere, or a part of its rows.
    package func moved(to place: SpoolPlace, rows: Int) -> SpoolName {
        SpoolName(place: place, rows: rows, start: start, end: end)
    }

    private static func milliseconds(_ timestamp: Timestamp) -> Int64 { timestamp.nanoseconds / 1_000_000 }

    private static func cut(_ timestamp: Timestamp) -> Timestamp {
        Timestamp(nanoseconds: max(timestamp.nanoseconds, 0) / 1_000_000 * 1_000_000)
    }

    private static func timestamp(_ text: Substring) -> Timestamp? {
        guard let milliseconds = Int64(text), milliseconds >= 0 else { return nil }
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? nil : Timestamp(nanoseconds: nanoseconds)
    }
}
