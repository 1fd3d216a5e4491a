extension PathGlob {
    /// Which of the names that can be in a directory match.
    package enum Coverage: Sendable, Equatable {
        case all, none
        /// Some match and some do not, or that would take too long to tell.
        case some
    }

    /// Sets of ways through a pattern that are looked at; a name has no more bytes.
    private static var mostSets: Int { 300 }
    /// Tokens of a pattern that is looked at.
    private static var mostTokens: Int { 512 }

    /// Which of all paths directly in a directory match: this path, a `/` and a name of one byte or more.
    package func coverage(ofNamesIn directory: ByteString) -> Coverage {
        let slash = UInt8(ascii: "/")
        let before = directory.bytes.last == slash ? directory.bytes : directory.bytes + [slash]
        // Most patterns are about other directories.
        guard zip(before, beginning).allSatisfy({ $0 == $1 }) else { return .none }
        guard tokens.count <= Self.mostTokens else { return .some }

        var ways = start
        for byte in before {
            ways = advanced(ways, over: byte)
            guard ways.contains(true) else { return .none }
        }
        // Each set of ways that names can lead to, once: all that follows is the same for all that lead to it.
        var (sets, next) = ([ways], 0)
        var known: Set<[Bool]> = []
        var (hasMatch, hasOther) = (false, false)
        let bytes = differingBytes
        while next < sets.count {
            for byte in bytes {
                let after = advanced(sets[next], over: byte)
                if after[tokens.count] { hasMatch = true } else { hasOther = true }
                if hasMatch && hasOther { return .some }
                if after.contains(true), known.insert(after).inserted { sets.append(after) }
            }
            next += 1
            if next == Self.mostSets, next < sets.count { return .some }
        }
        return hasMatch ? .all : .none
    }

    /// Bytes of names, of which any other is treated like one of these.
    private var differingBytes: [UInt8] {
        // One that continues a character of UTF-8, and one that is of no character.
        var bytes: Set<UInt8> = [0x80, 0xFF]
        for token in tokens {
            switch token {
            case .byte(let byte): bytes.insert(byte)
            case .set: bytes.formUnion(1..<128)
            case .one, .continuation, .anyButSlash, .any, .directories, .directoryName: break
            }
        }
        if let other = (UInt8(1)..<128).first(where: { $0 != UInt8(ascii: "/") && !bytes.contains($0) }) {
            bytes.insert(other)
        }
        return bytes.subtracting([0, UInt8(ascii: "/")]).sorted()
    }

    /// The ways there are before the first byte.
    private var start: [Bool] {
        var ways = [Bool](repeating: false, count: tokens.count + 1)
        ways[0] = true
        Self.spread(&ways, tokens[...])
        return ways
    }

    private func advanced(_ ways: [Bool], over byte: UInt8) -> [Bool] {
        var after = [Bool](repeating: false, count: ways.count)
        for place in tokens.indices where ways[place] {
            if let step = tokens[place].step(over: byte) { after[place + step] = true }
        }
        Self.spread(&after, tokens[...])
        return after
    }
}
