package import Model

extension Timestamp {
    /// RFC 3339 in UTC with milliseconds, such as `2026-11-22T12:00:00.000Z`; what is finer is cut off.
    package var text: String {
        let milliseconds = nanoseconds.flooredQuotient(by: 1_000_000)
        let seconds = milliseconds.flooredQuotient(by: 1000)
        let days = seconds.flooredQuotient(by: 86400)
        let date = CivilDate(daysSinceEpoch: days)
        let second = seconds - days * 86400

        var text: [UInt8] = []
        text.reserveCapacity(24)
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
        append(milliseconds - seconds * 1000, digits: 3, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate {
    let year, month, day: Int64

    /// Counts in years that begin on 1 March, so that the leap day is the last of its year, and in eras of 400 years,
    /// which all have the same number of days.
    init(daysSinceEpoch: Int64) {
        let daysInEra: Int64 = 146_097
        let daysFromYearZero = daysSinceEpoch + 719_468
        let era = daysFromYearZero.flooredQuotient(by: daysInEra)
        let dayOfEra = daysFromYearZero - era * daysInEra
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

extension Int64 {
    /// The quotient rounded down: moments before 1970 are negative.
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
