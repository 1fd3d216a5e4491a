/// The shape of the end of a cgroup path, such as `**/docker-{hex}.scope`.
///
/// A pattern begins with `**/` (anywhere) or `/` (at the root). In a component, `*` stands for any bytes and one of
/// `{hex}` (12 to 64 hexadecimal digits), `{hex64}`, `{uid}` (of a pod), `{build}` (of BuildKit), `{handle}` (of
/// Garden) and `{name}` captures what it stands for; of several captures the last one in the path counts.
struct CgroupPattern: Sendable {
    fileprivate enum Token {
        case literal([UInt8])
        case any
        case capture(Capture)

        var literal: [UInt8]? { if case .literal(let bytes) = self { bytes } else { nil } }

        var shortest: Int {
            switch self {
            case .literal(let bytes): bytes.count
            case .any: 0
            case .capture(let capture): capture.lengths.lowerBound
            }
        }
    }

    fileprivate enum Capture: String {
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
    }

    private let isAnchored: Bool
    private let components: [[Token]]
    /// What tells most directories from this shape at a glance: see `PatternIndex`.
    fileprivate let glance: Glance

    init(_ text: String) {
        isAnchored = !text.hasPrefix("**/")
        let shape = isAnchored ? text[...] : text.dropFirst(3)
        components = shape.split(separator: "/").map(Self.tokens)
        glance = Glance(components.last ?? [])
    }

    /// The ends of the last component, and the shortest it can be.
    fileprivate struct Glance: Sendable {
        let beginning: [UInt8]
        let ending: [UInt8]
        let shortest: Int

        init(_ directory: [Token]) {
            beginning = directory.first?.literal ?? []
            ending = directory.last?.literal ?? []
            shortest = directory.reduce(0) { $0 + $1.shortest }
        }

        /// One byte at the end first, which mostly is enough; the rest matters for patterns such as `*kubepods-pod{uid}.slice`,
        /// because a `.service` ends like a `.slice`, and `*` is tried at every place.
        func fits(_ directory: ArraySlice<UInt8>) -> Bool {
            guard directory.count >= shortest, ending.isEmpty || directory.last == ending.last else { return false }
            return directory.suffix(ending.count).elementsEqual(ending)
        }
    }

    /// What was captured when the path up to and including the component at `index` ends in this shape, else nil.
    func capture(in path: [ArraySlice<UInt8>], endingAt index: Int) -> ArraySlice<UInt8>? {
        let start = index + 1 - components.count
        guard isAnchored ? start == 0 : start >= 0 else { return nil }
        var captured: ArraySlice<UInt8> = []
        // From the last component on: it is the one that tells most.
        for offset in components.indices.reversed() {
            guard let found = Self.match(components[offset][...], path[start + offset]) else { return nil }
            if captured.isEmpty { captured = found }
        }
        return captured
    }

    private static func tokens(_ component: Substring) -> [Token] {
        var tokens: [Token] = []
        var rest = component
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
            for start in bytes.startIndex...bytes.endIndex {
                if let captured = match(rest, bytes[start...]) { return captured }
            }
            return nil
        case .capture(let capture):
            for end in (bytes.startIndex...bytes.endIndex).reversed()
            where match(rest, bytes[end...]) != nil && accepts(bytes[..<end], as: capture) {
                return bytes[..<end]
            }
            return nil
        }
    }

    private static func accepts(_ bytes: ArraySlice<UInt8>, as capture: Capture) -> Bool {
        guard capture.lengths ~= bytes.count else { return false }
        return switch capture {
        case .name: true
        case .hex, .hex64: bytes.allSatisfy(isHexDigit)
        case .build: bytes.allSatisfy { isHexDigit($0) || UInt8(ascii: "g")...UInt8(ascii: "z") ~= $0 }
        case .handle: bytes.allSatisfy { isHexDigit($0) || $0 == UInt8(ascii: "-") }
        // The systemd driver writes `_`, because `-` nests slices.
        case .uid:
            bytes.allSatisfy { isHexDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }
}

/// Which patterns of a list a directory may fit, told by its two ends and its length: most directories fit none at all.
struct PatternIndex: Sendable {
    private struct Candidate: Sendable {
        let position: Int
        let glance: CgroupPattern.Glance
    }

    /// By the first byte of the directory, each in the order of the list.
    private let candidates: [[Candidate]]

    init(_ shapes: [CgroupPattern]) {
        let all = shapes.enumerated().map { Candidate(position: $0.offset, glance: $0.element.glance) }
        candidates = (UInt8.min...UInt8.max).map { byte in
            all.filter { $0.glance.beginning.isEmpty || $0.glance.beginning.first == byte }
        }
    }

    /// The first answer of `body` that is not nil, which is asked with the position of each pattern that may fit.
    func first<Answer>(fitting directory: ArraySlice<UInt8>, _ body: (Int) -> Answer?) -> Answer? {
        guard let first = directory.first else { return nil }
        for candidate in candidates[Int(first)] where candidate.glance.fits(directory) {
            if let answer = body(candidate.position) { return answer }
        }
        return nil
    }
}
