/// A pattern for names that are no paths: of units, slices, containers and processes.
///
/// As `PathGlob`, but a `/` is a character like any other, as in `kworker/0:1`; and `\x2d`, as names of units have it, stands for
/// these four characters.
package struct NameGlob: Hashable, Sendable {
    package let text: String
    private let glob: PathGlob

    package init(_ text: String) throws(PathGlob.Mistake) {
        self.text = text
        var (pattern, places): ([UInt8], [Int]) = ([], [])
        let bytes = Array(text.utf8)
        for (place, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\\"), Self.isEscape(bytes[place...]) {
                pattern.append(byte)
                places.append(place)
            }
            pattern.append(byte == UInt8(ascii: "/") ? Self.slash : byte)
            places.append(place)
        }
        do {
            glob = try PathGlob(String(decoding: pattern, as: UTF8.self))
        } catch {
            let place = places.indices.contains(error.position) ? places[error.position] : bytes.count
            throw PathGlob.Mistake(problem: error.problem, position: place)
        }
    }

    package func matches(_ name: ByteString) -> Bool {
        glob.matches(ByteString(name.bytes.map { $0 == UInt8(ascii: "/") ? Self.slash : $0 }))
    }

    /// Stands for `/`, which would be the end of a directory; no name has it.
    private static let slash: UInt8 = 0

    private static func isEscape(_ bytes: ArraySlice<UInt8>) -> Bool {
        let digits = bytes.dropFirst(2).prefix(2)
        return bytes.dropFirst().first == UInt8(ascii: "x") && digits.count == 2 && digits.allSatisfy(\.isHexDigit)
    }
}
