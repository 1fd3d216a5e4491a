/// The name of a file in a run: an absolute path, or what a program passed where nothing better is known.
package struct FileName: Hashable, Sendable, Comparable {
    /// Whose root the path starts at: the same path in a container is another file.
    package enum Space: Hashable, Sendable {
        case host
        /// Other mounts than the tracer's; the container's name, where one is known.
        case other(ByteString?)
    }

    package let path: ByteString
    package let space: Space

    package init(_ path: ByteString, in space: Space = .host) { (self.path, self.space) = (path, space) }

    package static func < (left: Self, right: Self) -> Bool {
        left.path == right.path ? left.space.order < right.space.order : left.path < right.path
    }

    /// The directory it is in; nil for the root and for a name without a slash.
    package var parent: FileName? {
        guard let slash = path.bytes.lastIndex(of: .slash), path.count > 1 else { return nil }
        return FileName(ByteString(path.bytes[..<max(slash, 1)]), in: space)
    }

    package var lastComponent: ByteString { ByteString(path.bytes[path.bytes.index(after: slashBeforeLast)...]) }

    private var slashBeforeLast: Int { path.bytes.lastIndex(of: .slash) ?? -1 }

    package func isBelow(_ directory: FileName) -> Bool {
        let above = directory.path.bytes
        guard space == directory.space, path.count > above.count, path.bytes.starts(with: above) else { return false }
        return above.last == .slash || path.bytes[above.count] == .slash
    }

    /// The same file after a directory above it got another name.
    func moved(from old: FileName, to new: FileName) -> FileName {
        FileName(ByteString(new.path.bytes + path.bytes.dropFirst(old.path.count)), in: new.space)
    }

    /// What `path` means without the steps that lead nowhere: `//`, `/.` and `/x/..`.
    ///
    /// As long as no part of it is a symbolic link; a path of which that is known needs none of this.
    package static func simplified(_ path: ByteString) -> ByteString {
        guard path.bytes.first == .slash else { return path }
        var parts: [ArraySlice<UInt8>] = []
        for part in path.bytes.split(separator: .slash) {
            if part.elementsEqual("..".utf8) {
                _ = parts.popLast()
            } else if !part.elementsEqual(".".utf8) {
                parts.append(part)
            }
        }
        return parts.isEmpty ? "/" : ByteString(parts.map { [.slash] + $0 }.joined())
    }
}

extension FileName.Space {
    fileprivate var order: ByteString {
        switch self {
        case .host: ""
        case .other(let container): container ?? "?"
        }
    }
}

extension UInt8 {
    static var slash: UInt8 { UInt8(ascii: "/") }
}

/// When something happened in a run: its place in the order of all events, and the time, if it is known.
package struct Moment: Hashable, Sendable, Comparable {
    package let order: Int
    package let time: Timestamp?

    package init(order: Int, time: Timestamp? = nil) { (self.order, self.time) = (order, time) }

    package static func < (left: Self, right: Self) -> Bool { left.order < right.order }
}
