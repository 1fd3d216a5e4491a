import Render

/// What an OTLP collector says of a request that it took but for some data points.
///
/// The protocol has the count as a number or, as protobuf writes 64 bits in JSON, as a string; and some servers keep
/// the names of the protobuf fields.
enum PartialSuccess {
    /// How many data points were not wanted: zero when the answer says nothing of the kind.
    static func rejectedPoints(contentType: String?, body: [UInt8]) -> UInt64 {
        guard isPossible(contentType: contentType) else { return 0 }
        do throws(JSONScanner.Malformed) {
            guard let partial = try value(of: ["partialSuccess", "partial_success"], in: 0..<body.count, of: body),
                let count = try value(of: ["rejectedDataPoints", "rejected_data_points"], in: partial, of: body)
            else { return 0 }
            let isQuoted = body[count.lowerBound] == UInt8(ascii: "\"")
            return try JSONScanner.count(in: body, isQuoted ? count.lowerBound + 1..<count.upperBound - 1 : count)
        } catch {
            return 0
        }
    }

    /// Whether a body of this type may say it.
    static func isPossible(contentType: String?) -> Bool {
        contentType?.prefix { $0 != ";" && $0 != " " }.lowercased() == "application/json"
    }

    private static func value(
        of names: [String], in place: Range<Int>, of body: [UInt8]
    ) throws(JSONScanner.Malformed) -> Range<Int>? {
        try JSONScanner.members(of: body, in: place)
            .first { member in names.contains { body[member.name].elementsEqual($0.utf8) } }?.value
    }
}
