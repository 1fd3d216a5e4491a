internal import CLinux
internal import Glibc
internal import Model

/// The way to what a caller named, from a directory that the kernel told.
///
/// The last name is that of an entry of a directory and is followed by nobody: what is deleted, renamed or made is the entry. But
/// truncate(2) follows it.
struct NamedWay {
    /// A file system and a path in it.
    typealias End = (device: UInt32, within: ByteString)

    enum Found {
        case end(End)
        /// On no mount that is known.
        case nowhere
        /// The way goes through what a process has open, such as `/proc/self/cwd`: where that led to nobody knows any more.
        case ofProcess
    }

    private let base: FilePlace
    /// Without the `/` of an absolute one, of which the base is the caller's root.
    private let name: ByteString
    private let isAbsolute: Bool
    private let followsLast: Bool
    /// The same without links: nothing is above the caller's root.
    private let plain: ByteString

    init(_ name: ByteString, _ base: FilePlace, followsLast: Bool = false) {
        func relative(_ path: ByteString) -> ByteString { ByteString(path.bytes.drop { $0 == UInt8(ascii: "/") }) }
        (self.base, self.followsLast, isAbsolute) = (base, followsLast, name.isAbsolutePath)
        self.name = relative(name)
        plain = isAbsolute ? relative(ByteString("/").lexicallyAppending(name)) : name
    }

    /// From the root of the caller's mount namespace, links not followed; absent when the base is on none of its mounts.
    func path(in table: MountTable) -> ByteString? { base(in: table)?.lexicallyAppending(plain) }

    /// Where it is, by the mounts of the caller: with the links on the way followed, if the root directory is known.
    ///
    /// - Parameter isOwnRoot: whether the root directory is the agent's own.
    func end(in table: MountTable, root: CInt?, isOwnRoot: Bool = false) -> Found {
        guard let path = path(in: table), let base = base(in: table) else { return Self.found(plainEnd) }
        guard let directory = path.parentPath else {
            return Self.found(table.place(ofPath: path).map { ($0.mount.device, $0.within) })
        }
        let place = table.place(ofPath: directory)
        if place?.mount.isProcess == true || Self.isDescriptor(directory) { return .ofProcess }
        // With what the caller wrote, as `a/../b` is not `b` when `a` is a link.
        if followsLast {
            let (whole, isOfProcess) = Self.resolve(name.bytes[...], from: base, isAbsolute, root, isOwnRoot)
            if isOfProcess { return .ofProcess }
            if let end = whole?.place(in: table) { return .end((end.device, end.within)) }
        }
        let last = path.rest(below: directory) ?? []
        let (resolved, isOfProcess) = Self.resolve(Self.directory(of: name), from: base, isAbsolute, root, isOwnRoot)
        if isOfProcess { return .ofProcess }
        if let end = resolved?.place(in: table) { return .end((end.device, end.within.appending(rest: last))) }
        return Self.found(place.map { ($0.mount.device, $0.within.appending(rest: last)) })
    }

    private static func found(_ end: End?) -> Found { end.map(Found.end) ?? .nowhere }

    /// Follows a way, absent when it has no name but the last; an absolute one never leads out of the caller's root.
    private static func resolve(
        _ written: ArraySlice<UInt8>?, from base: ByteString, _ isAbsolute: Bool, _ root: CInt?, _ isOwnRoot: Bool
    ) -> (place: ResolvedPlace?, isOfProcess: Bool) {
        let whole = written.map { base.appending(rest: [UInt8(ascii: "/")] + $0) } ?? base
        let isChanged = isAbsolute && base != "/"
        if let root {
            let callersRoot = isChanged ? base.withCString { clinux_open_in_root(root, $0, 0) } : -1
            defer { if callersRoot >= 0 { close(callersRoot) } }
            let place =
                callersRoot >= 0
                ? ResolvedPlace(written.map { ByteString($0) } ?? ".", root: callersRoot, waits: false)
                : isChanged ? nil : ResolvedPlace(whole, root: root, waits: false)
            if let place { return (place, false) }
        }
        // Step by step from the agent's own root, which for links in another root is the wrong one.
        guard isOwnRoot, !isChanged else { return (nil, false) }
        var isOfProcess = false
        return (ResolvedPlace(walking: whole, isOfProcess: &isOfProcess), isOfProcess)
    }

    /// What leads to /proc/self/fd by links that everybody has.
    private static func isDescriptor(_ path: ByteString) -> Bool {
        ["/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"].contains { path.rest(below: $0) != nil }
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
