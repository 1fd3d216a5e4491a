internal import Model

/// Writes the points of series at one moment.
struct OTLPPoints {
    private let grouping: Grouping
    private let start: Timestamp
    private let time: Timestamp
    private let absent: Set<Counter>

    init(of report: CumulativeReport, in batch: Batch) {
        (grouping, start, time, absent) = (batch.grouping, report.start, report.time, batch.coverage.absent)
    }

    /// The points of one series, by metric; those of one metric stand in a row, with their commas.
    ///
    /// What was never counted has no point. What is counted for the first time has two: that it was zero when the window
    /// began, without which a receiver that does not look at starts would take the first value for the zero.
    func fragments(of series: CumulativeReport.Series) -> [(metric: Int, points: [UInt8])] {
        let attributes = series.key.attributes(by: grouping)
        var fragments: [(metric: Int, points: [UInt8])] = []
        for (index, metric) in OTLPUnitMetric.all.enumerated() {
            var json = JSONWriter()
            func stream(_ value: UInt64, before: UInt64, _ key: String = "", _ word: String = "") {
                guard value > 0 else { return }
                func point(_ value: UInt64?, at time: Timestamp) {
                    json.object { json in
                        json.array("attributes") { json in
                            json.rendered(attributes)
                            if !key.isEmpty { json.attribute(key, word) }
                        }
                        json.writeTimes(from: series.start, to: time)
                        json.writeValue(value)
                    }
                }
                if before == 0, series.tellsZeros { point(0, at: start) }
                point(series.hasEnded ? nil : value, at: time)
            }
            switch metric.source {
            case .counter(let counter):
                stream(value(counter, of: series.sums), before: series.before.counters[counter])
            case .ways(let ways):
                for (way, counter) in ways {
                    let before = series.before.counters[counter]
                    stream(value(counter, of: series.sums), before: before, "otagent.io_uring.via", way)
                }
            case .errors(let operation):
                let before = series.before.errors(of: operation)
                for (number, count) in series.sums.errors(of: operation).sorted(by: { $0.key < $1.key }) {
                    stream(count, before: before[number, default: 0], "error.type", ErrnoName.name(of: number))
                }
            }
            if !json.bytes.isEmpty { fragments.append((index, json.bytes)) }
        }
        return fragments
    }

    private func value(_ counter: Counter, of sums: CumulativeReport.Sums) -> UInt64 {
        absent.contains(counter) ? 0 : sums.counters[counter]
    }
}

extension CumulativeReport.Sums {
    fileprivate func errors(of operation: FailingOperation) -> ErrorCounts {
        switch operation {
        case .open: openErrors
        case .write: writeErrors
        }
    }
}

extension JSONWriter {
    /// Nanoseconds since 1970, which OTLP cannot say of moments before.
    mutating func writeTimes(from start: Timestamp?, to time: Timestamp) {
        if let start { member("startTimeUnixNano", quoted: max(start.nanoseconds, 0)) }
        member("timeUnixNano", quoted: max(time.nanoseconds, 0))
    }

    /// A number as long as every reader can hold it, and a string beyond 2^53, where many would round it.
    ///
    /// protobuf has its writers use strings throughout and its readers take both. But receivers on Rust's definitions
    /// lose strings here, silently (opentelemetry-rust#3527), and nobody is known to lose numbers.
    ///
    /// - Parameter value: absent to say that nothing more comes (FLAG_NO_RECORDED_VALUE).
    mutating func writeValue(_ value: UInt64?) {
        switch value {
        case nil: member("flags", 1)
        case let value? where value < 1 << 53: member("asInt", value)
        case let value?: member("asInt", quoted: min(value, UInt64(Int64.max)))
        }
    }
}
