/// The sums over rows that are rendered already, in the shape that the totals of their batch have.
///
/// Which counters there are is read from those totals, so that bodies of another version are summed up like our own.
struct RowSums {
    private typealias Malformed = JSONScanner.Malformed

    private indirect enum Shape {
        /// A counter that nothing feeds.
        case absent
        case count(Int)
        /// Counts by name, of which only those are written that are not zero.
        case errors([(name: [UInt8], sum: Int)])
        case object([(name: [UInt8], shape: Shape)])
    }

    private let shape: Shape
    private var sums: [UInt64]

    /// Sums of zero, of everything that the totals in this part of the text have.
    init(like totals: Range<Int>, in text: [UInt8]) throws(JSONScanner.Malformed) {
        var count = 0
        shape = try Self.shape(of: totals, in: text, isErrors: false, counting: &count)
        sums = Array(repeating: 0, count: count)
    }

    /// Adds the members of one row, or of one object in it.
    mutating func add(_ row: [JSONScanner.Member], in text: [UInt8]) throws(JSONScanner.Malformed) {
        try add(row, to: shape, in: text)
    }

    func write(to json: inout JSONWriter) { write(shape, to: &json) }

    private static func shape(
        of value: Range<Int>, in text: [UInt8], isErrors: Bool, counting: inout Int
    ) throws(JSONScanner.Malformed) -> Shape {
        switch text[value.lowerBound] {
        case UInt8(ascii: "n"):
            return .absent
        case UInt8(ascii: "{"):
            var errors: [(name: [UInt8], sum: Int)] = []
            var members: [(name: [UInt8], shape: Shape)] = []
            for member in try JSONScanner.members(of: text, in: value) {
                let name = Array(text[member.name])
                if isErrors {
                    _ = try JSONScanner.count(in: text, member.value)
                    errors.append((name, counting))
                    counting += 1
                } else {
                    let ofErrors = name.suffix(7).elementsEqual("_errors".utf8)
                    let shape = try shape(of: member.value, in: text, isErrors: ofErrors, counting: &counting)
                    members.append((name, shape))
                }
            }
            return isErrors ? .errors(errors) : .object(members)
        default:
            _ = try JSONScanner.count(in: text, value)
            counting += 1
            return .count(counting - 1)
        }
    }

    /// Rows have their counters in the order of the totals, among other members.
    private mutating func add(
        _ members: [JSONScanner.Member], to shape: Shape, in text: [UInt8]
    ) throws(JSONScanner.Malformed) {
        guard case .object(let wanted) = shape else { throw Malformed() }
        var position = 0
        for (name, shape) in wanted {
            while position < members.count, !text[members[position].name].elementsEqual(name) { position += 1 }
            guard position < members.count else { throw Malformed() }
            try add(members[position].value, to: shape, in: text)
        }
    }

    private mutating func add(_ value: Range<Int>, to shape: Shape, in text: [UInt8]) throws(JSONScanner.Malformed) {
        switch shape {
        case .absent:
            break
        case .count(let sum):
            sums[sum] &+= try JSONScanner.count(in: text, value)
        case .errors(let errors):
            // Where nothing feeds the counter of failures, a row without errors has null.
            if text[value].elementsEqual("null".utf8) { break }
            for member in try JSONScanner.members(of: text, in: value) {
                guard let error = errors.first(where: { text[member.name].elementsEqual($0.name) }) else {
                    throw Malformed()
                }
                sums[error.sum] &+= try JSONScanner.count(in: text, member.value)
            }
        case .object:
            try add(try JSONScanner.members(of: text, in: value), to: shape, in: text)
        }
    }

    private func write(_ shape: Shape, to json: inout JSONWriter) {
        switch shape {
        case .absent: json.null()
        case .count(let sum): json.number(sums[sum])
        case .errors(let errors):
            json.object { json in
                for error in errors where sums[error.sum] > 0 {
                    json.member(String(decoding: error.name, as: UTF8.self), sums[error.sum])
                }
            }
        case .object(let members):
            json.object { json in
                for member in members {
                    json.name(String(decoding: member.name, as: UTF8.self))
                    write(isUnknown(member, among: members) ? .absent : member.shape, to: &json)
                }
            }
        }
    }

    /// Whether no error was found and nothing would have counted one: then there is no value, as in a whole batch.
    private func isUnknown(
        _ member: (name: [UInt8], shape: Shape), among members: [(name: [UInt8], shape: Shape)]
    ) -> Bool {
        guard case .errors(let errors) = member.shape, errors.allSatisfy({ sums[$0.sum] == 0 }) else { return false }
        let counter = member.name.dropLast("errors".utf8.count) + Array("failures".utf8)
        return members.contains { other in
            if case .absent = other.shape { other.name.elementsEqual(counter) } else { false }
        }
    }
}
