/// Absolute paths as names alone, whatever links there are on the way.
extension ByteString {
    private static let slash = UInt8(ascii: "/")

    package var isAbsolutePath: Bool { bytes.first == Self.slash }

    /// Where `name` is as seen from here: without `.`, empty names and `..`, which never leads above the root. A name that
    /// is absolute begins at the root.
    package func lexicallyAppending(_ name: ByteString) -> ByteString {
        var names: [ArraySlice<UInt8>] = []
        for path in name.isAbsolutePath ? [name] : [self, name] {
            for name in path.bytes.split(separator: Self.slash) {
                switch name {
                case [UInt8(ascii: ".")]: continue
                case [UInt8(ascii: "."), UInt8(ascii: ".")]: _ = names.popLast()
                default: names.append(name)
                }
            }
        }
        if names.isEmpty { return "/" }
        var path: [UInt8] = []
        for name in names { path += [Self.slash] + name }
        return ByteString(path)
    }

    /// The directory that this path without `.` and `..` is in; nil for the root, and for what is not absolute.
    package var parentPath: ByteString? {
        guard isAbsolutePath, count > 1, let slash = bytes.lastIndex(of: Self.slash) else { return nil }
        return slash == 0 ? "/" : ByteString(bytes[..<slash])
    }

    /// What follows a directory in this path, with its `/`; empty when it is the directory, nil when it is elsewhere.
    package func rest(below directory: ByteString) -> ArraySlice<UInt8>? {
        if directory.count == 1, directory.isAbsolutePath { return count == 1 ? [] : bytes[...] }
        guard bytes.starts(with: directory.bytes) else { return nil }
        let rest = bytes[directory.count...]
        return rest.isEmpty || rest.first == Self.slash ? rest : nil
    }

    /// The path of what follows this directory, as `rest(below:)` has it.
    package func appending(rest: ArraySlice<UInt8>) -> ByteString {
        count == 1 && isAbsolutePath ? (rest.isEmpty ? self : ByteString(rest)) : ByteString(bytes + rest)
    }
}
