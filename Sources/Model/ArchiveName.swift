/// What tells one archive of a file from the others: when the file was set aside, to the millisecond.
///
/// Archives are ordered by the order in which they were made, also when several were made in one millisecond or after
/// the clock was set back by less than a day.
package struct ArchiveName: Hashable, Sendable, Comparable {
    /// In whole milliseconds.
    package let milliseconds: Int64
    /// 1, or the place among those of the same millisecond.
    package let number: Int

    private static var mostOfAMillisecond: Int { 9999 }
    /// How far a clock may have been set back without archives from before counting as older than all others.
    private static var farthestAhead: Int64 { 24 * 60 * 60 * 1000 }

    package init?(milliseconds: Int64, number: Int) {
        guard (1...Self.mostOfAMillisecond).contains(number) else { return nil }
        (self.milliseconds, self.number) = (milliseconds, number)
    }

    private init(milliseconds: Int64) { (self.milliseconds, number) = (milliseconds, 1) }

    /// The name of the next archive, behind all there are.
    ///
    /// A clock that was set back gives new archives the time of the newest one and a number, so that their order stays
    /// true; unless it was wrong by more than a day, which nobody wants to see in names for ever.
    package init(at now: Timestamp, after others: some Sequence<ArchiveName>) {
        let moment = now.wholeMilliseconds
        let near = others.filter { !$0.isFromTheFuture(at: now) }
        guard let newest = near.max(), newest.milliseconds >= moment else {
            self.init(milliseconds: moment)
            return
        }
        self = newest.successor
    }

    /// Whether its time lies so far ahead that the clock must have been wrong when it was made.
    package func isFromTheFuture(at now: Timestamp) -> Bool {
        milliseconds - now.wholeMilliseconds > Self.farthestAhead
    }

    /// The next one of the same millisecond, or of the next when there is no number left.
    private var successor: ArchiveName {
        ArchiveName(milliseconds: milliseconds, number: number + 1) ?? ArchiveName(milliseconds: milliseconds + 1)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.milliseconds, left.number) < (right.milliseconds, right.number)
    }
}

extension ArchiveName {
    /// `20261122T125330.123Z`, and `_0002` and so on for the others of that millisecond: bytes sort as the names do.
    package var text: String {
        let seconds = milliseconds.flooredQuotient(by: 1000)
        let days = seconds.flooredQuotient(by: 86_400)
        let date = CivilDate(daysSinceEpoch: days)
        let second = seconds - days * 86_400
        func digits(_ value: Int64, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(count - text.count, 0)) + text
        }
        let day = digits(date.year, 4) + digits(date.month, 2) + digits(date.day, 2)
        let time = digits(second / 3600, 2) + digits(second / 60 % 60, 2) + digits(second % 60, 2)
        let moment = "\(day)T\(time).\(digits(milliseconds - seconds * 1000, 3))Z"
        return number == 1 ? moment : "\(moment)_\(digits(Int64(number), 4))"
    }

    /// Nil unless the bytes are exactly what `text` makes of a name.
    package init?(text: some Collection<UInt8>) {
        let bytes = Array(text)
        guard bytes.count == 20 || bytes.count == 25 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
            let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15),
            let millisecond = number(16..<19), let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        var place: Int64 = 1
        if bytes.count == 25 {
            // The first of a millisecond has no number.
            guard let given = number(21..<25), given > 1 else { return nil }
            place = given
        }
        let separators: [(Int, Unicode.Scalar)] = [(8, "T"), (15, "."), (19, "Z"), (20, "_")]
        guard separators.allSatisfy({ $0 >= bytes.count || bytes[$0] == UInt8(ascii: $1) }),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = ((date.daysSinceEpoch * 24 + hour) * 60 + minute) * 60 + second
        self.init(milliseconds: seconds * 1000 + millisecond, number: Int(place))
    }
}

extension Timestamp {
    /// Since 1970; what is finer is cut off.
    package var wholeMilliseconds: Int64 { nanoseconds.flooredQuotient(by: 1_000_000) }
}
