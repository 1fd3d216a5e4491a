internal import KernelABI
internal import Model

/// The absolute paths of an event, out of what the kernel tells: components, and names.
struct TracePaths {
    private(set) var path: [UInt8]?
    private(set) var target: [UInt8]?
    private(set) var resolution: TraceEvent.Resolution?
    /// Whether there is a path that could not be had.
    private(set) var isUnresolved = false

    init(_ record: TraceRecord, ended: TraceRecord?) {
        // An empty name is that of nothing, but where a flag says that it stands for the descriptor.
        let end = ended ?? record
        let isNothing =
            record.name?.isEmpty == true && end.has(OT_TRACE_HAS_RESULT) && end.fixed.result == -Self.noSuchFile
        if let base = record.targetBase.flatMap(Self.path(fromLeaf:)), let name = record.target, !name.isEmpty {
            target = Self.join(base, name)
        }
        if let file = (ended?.path ?? record.path).flatMap(Self.path(fromLeaf:)), !record.isScript {
            (path, resolution) = (file, .file)
        } else if !isNothing, let name = record.name, let base = record.base.flatMap(Self.path(fromLeaf:)) {
            path =
                if record.isSymbolicLink, name.first != UInt8(ascii: "/"), let target {
                    Self.join(Self.directory(of: target), name)
                } else {
                    Self.join(base, name)
                }
            resolution = .lexical
        }
        let isTold = record.has(OT_TRACE_IS_UNRESOLVED) || ended?.has(OT_TRACE_IS_UNRESOLVED) == true
        isUnresolved = isTold && ((path == nil && !isNothing) || (record.target?.isEmpty == false && target == nil))
    }

    /// `ENOENT`
    private static let noSuchFile: Int64 = 2

    /// The path whose components come leaf first, each with its NUL; the root alone is one empty component.
    static func path(fromLeaf text: [UInt8]) -> [UInt8]? {
        guard !text.isEmpty, text.last == 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: text.count) { path, count in
            var end = text.count
            var start = 0
            for index in text.indices where text[index] == 0 {
                let length = index - start
                end -= length + 1
                path[end] = UInt8(ascii: "/")
                for offset in 0..<length { path[end + 1 + offset] = text[start + offset] }
                start = index + 1
            }
            count = text.count
        }
    }

    /// A name as it reads when it begins at a directory: `.`, `..` and double slashes are resolved, links are not followed.
    ///
    /// - Parameter base: the absolute path of the directory; of an absolute name the root it is meant in, which `..` does not
    ///   leave.
    static func join(_ base: [UInt8], _ name: [UInt8]) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        var path = base
        while let last = path.last, last == slash { path.removeLast() }
        let floor = name.first == slash ? path.count : 0
        for component in name.split(separator: slash) {
            if component.elementsEqual([dot]) { continue }
            if component.elementsEqual([dot, dot]) {
                guard let cut = path.lastIndex(of: slash), cut >= floor else { continue }
                path.removeSubrange(cut...)
            } else {
                path.append(slash)
                path.append(contentsOf: component)
            }
        }
        return path.isEmpty ? [slash] : path
    }

    /// The directory that a path is in.
    static func directory(of path: [UInt8]) -> [UInt8] {
        guard let cut = path.lastIndex(of: UInt8(ascii: "/")), cut > 0 else { return [UInt8(ascii: "/")] }
        return Array(path[..<cut])
    }
}
