package import Model

extension Timestamp {
    /// RFC 3339 in UTC with milliseconds, such as `2026-11-22T12:00:00.000Z`; what is finer is cut off.
    package var text: String { text(digits: 3) }

    /// RFC 3339 in UTC with nanoseconds, as much as is known.
    package var exactText: String { text(digits: 9) }

    /// - Parameter fraction: how many digits a second has after its point, at most 9; what is finer is cut off.
    private func text(digits fraction: Int) -> String {
        let seconds = nanoseconds.flooredQuotient(by: 1_000_000_000)
        let days = seconds.flooredQuotient(by: 86400)
        let date = CivilDate(daysSinceEpoch: days)
        let second = seconds - days * 86400

        var text: [UInt8] = []
        text.reserveCapacity(30)
        func append(_ value: Int64, digits: Int, then separator: Unicode.Scalar) {
            var divisor: Int64 = 1
            for _ in 1..<digits { divisor *= 10 }
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
            text.append(UInt8(ascii: separator))
        }
        append(date.year, digits: 4, then: "-")
        append(date.month, digits: 2, then: "-")
        append(date.day, digits: 2, then: "T")
        append(second / 3600, digits: 2, then: ":")
        append(second / 60 % 60, digits: 2, then: ":")
        append(second % 60, digits: 2, then: ".")
        // The product alone may be too small for 64 bits; the difference never is.
        var rest = nanoseconds &- seconds &* 1_000_000_000
        for _ in fraction..<9 { rest /= 10 }
        append(rest, digits: fraction, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }
}
