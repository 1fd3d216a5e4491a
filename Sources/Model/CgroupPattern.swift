/// The shape of the end of a cgroup path, such as `**/docker-{hex}.scope`.
///
/// A pattern begins with `**/` (anywhere) or `/` (at the root). In a component, `*` stands for any bytes and one of
/// `{hex}` (12 to 64 hexadecimal digits), `{hex64}`, `{uid}` (of a pod), `{build}` (of BuildKit), `{handle}` (of
/// Garden) and `{name}` captures what it stands for; of several captures the last one in the path counts.
struct CgroupPattern: Sendable {
    private let isAnchored: Bool
    private let directories: [DirectoryPattern]

    init(_ text: String) {
        isAnchored = !text.hasPrefix("**/")
        let shape = isAnchored ? text[...] : text.dropFirst(3)
        directories = shape.split(separator: "/").map(DirectoryPattern.init)
    }

    /// What was captured when the path up to and including the directory at `index` ends in this shape, else nil.
    func capture(in path: CgroupDirectories, endingAt index: Int) -> ArraySlice<UInt8>? {
        let start = index + 1 - directories.count
        guard isAnchored ? start == 0 : start >= 0 else { return nil }
        var captured: ArraySlice<UInt8> = []
        // The last directory comes last: whoever asks has had a glance at it.
        for offset in directories.indices {
            guard let found = directories[offset].capture(in: path[start + offset]) else { return nil }
            if !found.isEmpty { captured = found }
        }
        return captured
    }

    /// The shape of the last directory, which tells most paths from this shape at a glance.
    fileprivate var last: DirectoryPattern? { directories.last }
}

/// The shape of one directory's name: what it begins and ends with, and what may stand in between.
private struct DirectoryPattern: Sendable {
    enum Token {
        case literal([UInt8])
        case any
        case capture(Capture)

        var literal: [UInt8]? { if case .literal(let bytes) = self { bytes } else { nil } }

        var lengths: ClosedRange<Int> {
            switch self {
            case .literal(let bytes): bytes.count...bytes.count
            case .any: 0...Int.max
            case .capture(let capture): capture.lengths
            }
        }

        func mayHold(_ byte: UInt8) -> Bool {
            if case .capture(let capture) = self { capture.mayHold(byte) } else { true }
        }
    }

    enum Capture: String {
        case hex, hex64, uid, build, handle, name

        var lengths: ClosedRange<Int> {
            switch self {
            case .hex: 12...64
            case .hex64: 64...64
            // Drawn by BuildKit's identity.NewID: 25 digits to the base 36.
            case .build: 25...25
            // The UUID of an instance, cut to 28 bytes by some versions of Cloud Foundry.
            case .handle: 28...36
            // Static pods have a plain hash for a uid.
            case .uid: 32...36
            case .name: 1...Int.max
            }
        }

        func mayHold(_ byte: UInt8) -> Bool {
            switch self {
            case .name: true
            case .hex, .hex64: Self.isHexDigit(byte)
            case .build: Self.isHexDigit(byte) || UInt8(ascii: "g")...UInt8(ascii: "z") ~= byte
            case .handle: Self.isHexDigit(byte) || byte == UInt8(ascii: "-")
            // The systemd driver writes `_`, because `-` nests slices.
            case .uid: Self.isHexDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
        }

        func accepts(_ bytes: ArraySlice<UInt8>) -> Bool { lengths ~= bytes.count && bytes.allSatisfy(mayHold) }

        private static func isHexDigit(_ byte: UInt8) -> Bool {
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
        }
    }

    private let beginning: [UInt8]
    private let ending: [UInt8]
    private let middle: [Token]
    let shortest: Int

    init(_ text: Substring) {
        var tokens = Self.tokens(text)[...]
        shortest = tokens.reduce(0) { $0 + $1.lengths.lowerBound }
        beginning = tokens.first?.literal ?? []
        if !beginning.isEmpty { tokens.removeFirst() }
        ending = tokens.last?.literal ?? []
        if !ending.isEmpty { tokens.removeLast() }
        middle = Array(tokens)
    }

    func mayBegin(with byte: UInt8) -> Bool {
        beginning.first.map { $0 == byte } ?? middle.first?.mayHold(byte) ?? false
    }

    func mayEnd(with byte: UInt8) -> Bool {
        if let last = ending.last { return last == byte }
        return middle.last?.mayHold(byte) ?? (beginning.last == byte)
    }

    /// What was captured of a name of this shape, nothing if there is nothing to capture; nil for other names.
    func capture(in name: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard name.count >= shortest, name.starts(with: beginning), name.suffix(ending.count).elementsEqual(ending)
        else {
            return nil
        }
        let rest = name.dropFirst(beginning.count).dropLast(ending.count)
        guard let last = middle.last else { return rest.isEmpty ? [] : nil }
        if middle.count == 1, case .capture(let capture) = last { return capture.accepts(rest) ? rest : nil }
        // Most names that are none of this shape are told so by their last bytes, before each place for `*` is tried.
        guard rest.suffix(last.lengths.lowerBound).allSatisfy(last.mayHold) else { return nil }
        return Self.match(middle[...], rest)
    }

    private static func tokens(_ text: Substring) -> [Token] {
        var tokens: [Token] = []
        var rest = text
        while let first = rest.first {
            if first == "*" {
                tokens.append(.any)
                rest.removeFirst()
            } else if first == "{", let end = rest.firstIndex(of: "}"),
                let capture = Capture(rawValue: String(rest[rest.index(after: rest.startIndex)..<end]))
            {
                tokens.append(.capture(capture))
                rest = rest[rest.index(after: end)...]
            } else {
                let end = rest.dropFirst().firstIndex { $0 == "*" || $0 == "{" } ?? rest.endIndex
                tokens.append(.literal(Array(rest[..<end].utf8)))
                rest = rest[end...]
            }
        }
        return tokens
    }

    private static func match(_ tokens: ArraySlice<Token>, _ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let rest = tokens.dropFirst()
        switch tokens.first {
        case nil:
            return bytes.isEmpty ? [] : nil
        case .literal(let literal):
            return bytes.starts(with: literal) ? match(rest, bytes.dropFirst(literal.count)) : nil
        case .any:
            for start in places(for: rest, in: bytes) {
                if let captured = match(rest, bytes[start...]) { return captured }
            }
            return nil
        case .capture(let capture):
            for end in places(for: rest, in: bytes).reversed()
            where match(rest, bytes[end...]) != nil && capture.accepts(bytes[..<end]) {
                return bytes[..<end]
            }
            return nil
        }
    }

    /// Where what these tokens stand for may begin, if it goes on to the end.
    private static func places(for tokens: ArraySlice<Token>, in bytes: ArraySlice<UInt8>) -> Range<Int> {
        var (shortest, longest) = (0, 0)
        for token in tokens {
            shortest += token.lengths.lowerBound
            let (sum, isTooLarge) = longest.addingReportingOverflow(token.lengths.upperBound)
            longest = isTooLarge ? Int.max : sum
        }
        let first = longest < bytes.count ? bytes.endIndex - longest : bytes.startIndex
        let last = bytes.endIndex - shortest
        return first <= last ? first..<(last + 1) : bytes.startIndex..<bytes.startIndex
    }
}

/// Which patterns of a list a directory may fit, told by its two ends and its length: most directories fit none at all.
struct PatternIndex: Sendable {
    private let shapes: [CgroupPattern]
    private let shortest: [Int]
    /// By the first byte of the directory, and by its last: a bit for each pattern of the list that allows it.
    private let beginnings: [UInt64]
    private let endings: [UInt64]

    init(_ shapes: [CgroupPattern]) {
        precondition(shapes.count <= UInt64.bitWidth, "each pattern has a bit of its own")
        func bits(_ mayHave: (DirectoryPattern) -> Bool) -> UInt64 {
            shapes.enumerated().reduce(0) { $0 | ($1.element.last.map(mayHave) == true ? 1 << $1.offset : 0) }
        }
        self.shapes = shapes
        shortest = shapes.map { $0.last?.shortest ?? 0 }
        beginnings = (UInt8.min...UInt8.max).map { byte in bits { $0.mayBegin(with: byte) } }
        endings = (UInt8.min...UInt8.max).map { byte in bits { $0.mayEnd(with: byte) } }
    }

    /// A directory of a container or a pod.
    struct Place {
        let index: Int
        /// That of the pattern in the list.
        let pattern: Int
        let captured: ArraySlice<UInt8>
    }

    /// The innermost directory that fits a pattern, the first of those that it fits.
    ///
    /// - Parameter end: only directories before this position are looked at.
    func innermost(in path: CgroupDirectories, below end: Int? = nil) -> Place? {
        for index in path.containerPositions(below: end) {
            let glance = path.glance(at: index)
            var candidates = beginnings[Int(glance.first)] & endings[Int(glance.last)]
            while candidates != 0 {
                let pattern = candidates.trailingZeroBitCount
                candidates &= candidates - 1
                if glance.count >= shortest[pattern], let captured = shapes[pattern].capture(in: path, endingAt: index)
                {
                    return Place(index: index, pattern: pattern, captured: captured)
                }
            }
        }
        return nil
    }
}
