/// A path with what is different at each run replaced by `*`, in its parts.
///
/// Folded are numbers and what is made of hexadecimal digits, UUIDs, dates, and whatever stands directly in a directory for
/// temporary files. A part that a person has named keeps its name: `python3.11` and `disk2` are as they were.
package struct FoldedPath: Hashable, Sendable {
    /// What stands for a part that is different each time.
    package static var star: ByteString { "*" }
    /// What stands for all below a path that is too deep.
    package static var deeper: ByteString { "**" }
    package static var mostParts: Int { 24 }
    /// In bytes; longer parts are folded.
    package static var longestPart: Int { 128 }

    /// From the root down, without slashes.
    package var parts: [ByteString]

    package init(parts: [ByteString]) { self.parts = parts }

    /// The directory that a file is in.
    ///
    /// - Parameter path: absolute; an empty part and `.` are as nothing.
    package init(directoryOf path: ByteString) { self.init(parts: Self.parts(path).dropLast()) }

    /// All of a path.
    package init(_ path: ByteString) { self.init(parts: Self.parts(path)[...]) }

    private init(parts names: ArraySlice<ArraySlice<UInt8>>) {
        var folded: [ByteString] = []
        for name in names {
            guard folded.count < Self.mostParts else {
                folded.append(Self.deeper)
                break
            }
            if let directory = folded.last, Self.isTemporary(directory) {
                folded.append(Self.star)
            } else {
                folded.append(FoldedPart.folded(name))
            }
        }
        parts = folded
    }

    private static func parts(_ path: ByteString) -> [ArraySlice<UInt8>] {
        path.bytes.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(CollectionOfOne(UInt8(ascii: "."))) }
    }

    private static let temporary: Set<ByteString> = ["tmp", "temp", ".tmp", ".temp", "shm"]

    /// Whether what is in it is named by whatever makes it, at chance.
    private static func isTemporary(_ name: ByteString) -> Bool { temporary.contains(name) }

    /// What begins with `inContainer` has no slash before it.
    package var path: ByteString {
        let names = parts.map(\.bytes).joined(separator: "/".utf8)
        return ByteString(parts.first == Self.inContainer ? Array(names) : Array("/".utf8) + names)
    }
}

// MARK: - Containers

extension FoldedPath {
    /// The first part of what only a container sees.
    package static var inContainer: ByteString { "container:" }

    /// What a writer with a root of its own sees, where that is no directory of the host's, or one that its runtime has made
    /// for this run of it. Whether the host still has that one mounted is a matter of when it is looked for.
    ///
    /// - Parameter isOnHost: whether the path is one of the host's.
    func seen(from root: PlacedSighting.Root, isOnHost: Bool) -> Self {
        guard root == .container else { return self }
        guard isOnHost else { return Self(parts: [Self.inContainer] + parts) }
        return ownRoot.map { Self(parts: [Self.inContainer] + parts[$0...]) } ?? self
    }

    /// How many parts lead to the root of a container: `.../overlay2/<id>/merged`, `.../<id>/rootfs` or
    /// `.../rootfs/overlayfs/<id>`, as docker, podman, containerd and CRI-O have them.
    private var ownRoot: Int? {
        for (place, id) in parts.enumerated() where id == Self.star && place > 0 {
            let next = place + 1 < parts.count ? parts[place + 1] : nil
            if next == "merged" || next == "rootfs" { return place + 2 }
            if place > 1, parts[place - 1] == "overlayfs", parts[place - 2] == "rootfs" { return place + 1 }
        }
        return nil
    }
}

/// One part of a path.
enum FoldedPart {
    private static var star: UInt8 { UInt8(ascii: "*") }

    static func folded(_ name: ArraySlice<UInt8>) -> ByteString {
        guard name.count <= FoldedPath.longestPart else { return FoldedPath.star }
        // Most have nothing that could be folded.
        guard name.contains(where: \.isDigit) else { return ByteString(name) }
        if name.allSatisfy(\.isDigit) { return FoldedPath.star }
        let isDated = hasYear(name)
        var result: [UInt8] = []
        var rest = name
        while let first = rest.first {
            if let length = identifier(at: rest) ?? date(at: rest, after: result.last) {
                result.append(star)
                rest = rest.dropFirst(length)
            } else if first.isAlphanumeric {
                let word = rest.prefix(while: \.isAlphanumeric)
                result += folded(word: word, isDated: isDated)
                rest = rest.dropFirst(word.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return ByteString(result)
    }

    /// A UUID's length, where one stands.
    private static func identifier(at text: ArraySlice<UInt8>) -> Int? {
        let candidate = text.prefix(36)
        guard candidate.count == 36, !(text.dropFirst(36).first?.isAlphanumeric ?? false) else { return nil }
        for (offset, byte) in candidate.enumerated() {
            let isDash = [8, 13, 18, 23].contains(offset)
            guard isDash ? byte == UInt8(ascii: "-") : byte.isHexadecimalDigit else { return nil }
        }
        return 36
    }

    /// The length of a date with separators, such as `2026-11-30`, where one stands.
    private static func date(at text: ArraySlice<UInt8>, after before: UInt8?) -> Int? {
        if let before, before.isDigit { return nil }
        let candidate = Array(text.prefix(11))
        guard candidate.count >= 10, candidate.count == 10 || !candidate[10].isDigit else { return nil }
        guard "-_.".utf8.contains(candidate[4]), candidate[7] == candidate[4], let year = number(candidate[0..<4]),
            let month = number(candidate[5..<7]), let day = number(candidate[8..<10])
        else { return nil }
        return isYear(year) && CivilDate(year: year, month: month, day: day) != nil ? 10 : nil
    }

    /// Whether a number in it is a year, or a date without separators: then the other numbers in it are of time, too.
    private static func hasYear(_ name: ArraySlice<UInt8>) -> Bool {
        name.split { !$0.isDigit }.contains { digits in
            let isDate = digits.count == 4 || digits.count == 8 || digits.count >= 12
            return isDate && number(digits.prefix(4)).map(isYear) == true
        }
    }

    private static func isYear(_ number: Int64) -> Bool { (1990...2099).contains(number) }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard digits.allSatisfy(\.isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    /// A run of letters and digits. A short number is part of a name, as in `disk2`, unless a date is beside it.
    private static func folded(word: ArraySlice<UInt8>, isDated: Bool) -> [UInt8] {
        let isNumbered = word.contains(where: \.isDigit)
        guard isNumbered else { return Array(word) }
        if word.count >= 8, word.allSatisfy(\.isHexadecimalDigit) { return [star] }
        let shortest = isDated ? 1 : 4
        var result: [UInt8] = []
        var rest = word
        while let first = rest.first {
            let run = rest.prefix { $0.isDigit == first.isDigit }
            if first.isDigit, run.count >= shortest { result.append(star) } else { result += run }
            rest = rest.dropFirst(run.count)
        }
        return result
    }
}

extension UInt8 {
    var isHexadecimalDigit: Bool {
        isDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= self || UInt8(ascii: "A")...UInt8(ascii: "F") ~= self
    }
    var isUppercaseLetter: Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self }
    var isLowercaseLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self }
    var isAlphanumeric: Bool { isDigit || isUppercaseLetter || isLowercaseLetter }
}
