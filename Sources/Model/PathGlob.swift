/// A pattern for paths and names, as shells have it, over bytes.
///
/// `*` stands for any bytes but `/`, `**` for any at all, `?` for one character but `/`, `[a-z]` and `[!a-z]` for one of
/// ASCII that is in the brackets or is not; `\` takes the meaning from the next character. `**/` at the beginning or after a
/// `/` stands for any number of directories, also none: `/a/**/b` is `/a/b` as well. The whole of a name has to match. What a
/// match takes grows with the length of the name times that of the pattern, whatever is in them.
package struct PathGlob: Hashable, Sendable {
    package struct Mistake: Error, Equatable, Sendable {
        package enum Problem: Equatable, Sendable {
            case empty
            case unclosedBracket
            /// A `\` at the end.
            case nothingEscaped
            /// `[z-a]`
            case emptyRange
            /// What is in brackets is one byte.
            case notASCII
            /// Longer than this many bytes.
            case tooLong(Int)
        }

        package let problem: Problem
        /// Where in the pattern, in bytes.
        package let position: Int

        package init(problem: Problem, position: Int) { (self.problem, self.position) = (problem, position) }
    }

    enum Token: Hashable, Sendable {
        case byte(UInt8)
        /// One byte but `/`.
        case one
        /// One byte of ASCII that is in the set, or any byte but `/` that is not.
        case set(ASCIISet, isNegated: Bool)
        /// Any number of the bytes that continue a character of UTF-8.
        case continuation
        case anyButSlash
        case any
        /// Before a directory of any number, or behind the last of them.
        case directories
        /// In the name of one of them; always follows `directories`.
        case directoryName
    }

    /// Which of the 128 characters of ASCII.
    struct ASCIISet: Hashable, Sendable {
        private var low: UInt64 = 0
        private var high: UInt64 = 0

        mutating func insert(_ byte: UInt8) {
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }

        func contains(_ byte: UInt8) -> Bool {
            byte < 64 ? low & 1 << UInt64(byte) != 0 : byte < 128 && high & 1 << UInt64(byte - 64) != 0
        }
    }

    /// The longest pattern, in bytes.
    package static var longest: Int { 4096 }

    package let text: String
    let tokens: [Token]
    /// The bytes with which every match begins: most names are told by them.
    let beginning: [UInt8]

    package init(_ text: String) throws(Mistake) {
        tokens = try PathGlobParser.tokens(of: Array(text.utf8))
        self.text = text
        var beginning: [UInt8] = []
        for token in tokens {
            guard case .byte(let byte) = token else { break }
            beginning.append(byte)
        }
        self.beginning = beginning
    }

    /// Whether all that it matches is below a directory: what is done to that as a whole is done to it.
    func isBelow(_ directory: ByteString) -> Bool {
        let slash = UInt8(ascii: "/")
        return beginning.starts(with: directory.bytes.last == slash ? directory.bytes : directory.bytes + [slash])
    }

    package func matches(_ name: ByteString) -> Bool {
        guard name.bytes.starts(with: beginning) else { return false }
        if beginning.count == tokens.count { return name.count == beginning.count }
        return matches(name.bytes[beginning.count...])
    }

    /// Follows all ways through the tokens after the beginning at once.
    private func matches(_ rest: ArraySlice<UInt8>) -> Bool {
        let tokens = tokens[beginning.count...]
        // Whether a way stands before a token, and one more for the end.
        var here = [Bool](repeating: false, count: tokens.count + 1)
        var next = here
        here[0] = true
        Self.spread(&here, tokens)
        for byte in rest {
            var isAlive = false
            for place in 0..<tokens.count where here[place] {
                guard let step = tokens[tokens.startIndex + place].step(over: byte) else { continue }
                next[place + step] = true
                isAlive = true
            }
            guard isAlive else { return false }
            Self.spread(&next, tokens)
            swap(&here, &next)
            for place in next.indices { next[place] = false }
        }
        return here[tokens.count]
    }

    /// Lets ways that stand before a token that may be nothing stand behind it, too.
    static func spread(_ places: inout [Bool], _ tokens: ArraySlice<Token>) {
        for place in 0..<tokens.count where places[place] {
            switch tokens[tokens.startIndex + place] {
            case .anyButSlash, .any, .continuation: places[place + 1] = true
            case .directories: places[place + 2] = true
            case .directoryName, .byte, .one, .set: break
            }
        }
    }
}

extension PathGlob.Token {
    /// How many tokens further a way is that stands before this one, when this byte follows; nil when it ends there.
    func step(over byte: UInt8) -> Int? {
        let isSlash = byte == UInt8(ascii: "/")
        switch self {
        case .byte(let expected): return byte == expected ? 1 : nil
        case .one: return isSlash ? nil : 1
        case .set(let set, let isNegated): return !isSlash && set.contains(byte) != isNegated ? 1 : nil
        case .continuation: return byte & 0xC0 == 0x80 ? 0 : nil
        case .anyButSlash: return isSlash ? nil : 0
        case .any: return 0
        case .directories: return isSlash ? 0 : 1
        case .directoryName: return isSlash ? -1 : 0
        }
    }
}
