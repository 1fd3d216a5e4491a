internal import Model

/// The way to what a caller named, from a directory that the kernel told.
///
/// The last name is that of an entry of a directory and is followed by nobody: what is deleted, renamed or made is the entry.
struct NamedWay {
    /// A file system and a path in it.
    typealias End = (device: UInt32, within: ByteString)

    private let base: FilePlace
    /// Without the `/` of an absolute one, of which the base is the caller's root.
    private let name: ByteString
    /// The same without links: nothing is above the caller's root.
    private let plain: ByteString

    init(_ name: ByteString, _ base: FilePlace) {
        func relative(_ path: ByteString) -> ByteString { ByteString(path.bytes.drop { $0 == UInt8(ascii: "/") }) }
        self.base = base
        self.name = relative(name)
        plain = name.isAbsolutePath ? relative(ByteString("/").lexicallyAppending(name)) : name
    }

    /// From the root of the caller's mount namespace, links not followed; absent when the base is on none of its mounts.
    func path(in table: MountTable) -> ByteString? { base(in: table)?.lexicallyAppending(plain) }

    /// Where it is, by the mounts of the caller: with the links on the way followed, if the root directory is known.
    ///
    /// - Parameter isOwnRoot: whether the root directory is the agent's own.
    func end(in table: MountTable, root: CInt?, isOwnRoot: Bool = false) -> End? {
        guard let path = path(in: table) else { return plainEnd }
        guard let directory = path.parentPath, let base = base(in: table) else {
            return table.place(ofPath: path).map { ($0.mount.device, $0.within) }
        }
        let last = path.rest(below: directory) ?? []
        // With what the caller wrote, as `a/../b` is not `b` when `a` is a link.
        let written = Self.directory(of: name).map { base.appending(rest: [UInt8(ascii: "/")] + $0) } ?? base
        let found =
            root.flatMap { ResolvedPlace(written, root: $0, waits: false) }
            ?? (isOwnRoot ? ResolvedPlace(walking: written) : nil)
        if let end = found?.place(in: table) {
            return (end.device, end.within.appending(rest: last))
        }
        return table.place(ofPath: directory).map { ($0.mount.device, $0.within.appending(rest: last)) }
    }

    /// As seen by the caller, when its mounts are not known.
    var plainPath: ByteString? { base.seen?.lexicallyAppending(plain) }

    /// Where it is if nothing else is mounted on the way.
    var plainEnd: End? { base.within.map { (base.device, $0.lexicallyAppending(plain)) } }

    /// The base as the table has it: what the kernel saw, if it is there, else any path that leads to it.
    private func base(in table: MountTable) -> ByteString? {
        guard let within = base.within else { return base.seen }
        if let seen = base.seen, let place = table.place(ofPath: seen), place.mount.device == base.device,
            place.within == within
        {
            return seen
        }
        return table.hostPaths(device: base.device, within: within).first
    }

    /// What is before the last name; nil when there is nothing, and for `.` and `..`, which are none.
    private static func directory(of name: ByteString) -> ArraySlice<UInt8>? {
        let slash = UInt8(ascii: "/")
        let end = name.bytes.lastIndex { $0 != slash }.map { $0 + 1 } ?? 0
        return name.bytes[..<end].lastIndex(of: slash).map { name.bytes[..<$0] }
    }
}
