/// Whose writers are learned together: a unit by the name of its series, so that restarts and transient runs are one, or
/// all containers of one image.
package struct BaselineUnit: Hashable, Sendable {
    /// The system's innermost slice.
    package var slice: ByteString?
    package var unit: ByteString?
    package var userSlice: ByteString?
    package var userUnit: ByteString?
    /// The image without tag and digest; else the container's name; else what its runtime is called. Never the id, which
    /// is different at each start.
    package var container: ByteString?

    package init(
        slice: ByteString? = nil, unit: ByteString? = nil, userSlice: ByteString? = nil, userUnit: ByteString? = nil,
        container: ByteString? = nil
    ) {
        (self.slice, self.unit, self.userSlice, self.userUnit) = (slice, unit, userSlice, userUnit)
        self.container = container
    }

    package init(_ placed: PlacedSighting) {
        let identity = placed.identity
        (userSlice, userUnit) = (identity.userSlice, placed.series.userUnit?.folded)
        if let container = identity.container {
            self.container =
                container.image.map(Self.withoutTag) ?? container.name
                ?? ByteString((container.runtime ?? "container") + ":*")
            // Their cgroups are wherever the runtime puts them, scopes named after their ids among them.
            (slice, unit) = (nil, nil)
        } else {
            (slice, unit) = (identity.slice, placed.series.unit?.folded)
        }
    }

    /// With whom it shares its part of the room: a user chooses how many units, slices and scopes there are. All users' containers
    /// share one.
    var sharing: BaselineUnit {
        if let slice, slice.bytes.starts(with: Array("user-".utf8)) { return BaselineUnit(slice: slice) }
        let isUsers = userUnit != nil || userSlice != nil
        guard let container else { return isUsers ? BaselineUnit(slice: slice, unit: unit) : self }
        // Users name their containers and images as well; whose they are is not in the key.
        return isUsers ? BaselineUnit(userSlice: "*") : BaselineUnit(container: container)
    }

    /// `registry.example:5000/shop/web:1.2@sha256:...` without what an upgrade changes.
    private static func withoutTag(_ image: ByteString) -> ByteString {
        let named = image.bytes.prefix { $0 != UInt8(ascii: "@") }
        let start = named.lastIndex(of: UInt8(ascii: "/")) ?? named.startIndex
        let end = named[start...].firstIndex(of: UInt8(ascii: ":")) ?? named.endIndex
        // An image that is known by its digest alone has nothing else.
        return end == named.startIndex ? image : ByteString(named[..<end])
    }

    /// As it is shown, and as the globs of `--unit` are compared: the user's unit or the container, else the unit, else the
    /// slice.
    package var name: ByteString { userUnit ?? container ?? unit ?? slice ?? "-" }
}

/// Who writes: an executable, or a kernel thread, and as whom.
package struct BaselineWriter: Hashable, Sendable {
    /// The path that is shown, folded as directories are; absent for kernel threads and where nobody could read it.
    package var executable: ByteString?
    /// The process name with its numbers folded; only where there is no path.
    package var comm: ByteString?
    package var uid: UInt32

    package init(executable: ByteString?, comm: ByteString?, uid: UInt32) {
        (self.executable, self.comm, self.uid) = (executable, comm, uid)
    }

    package init(_ placed: PlacedSighting) {
        let writer = placed.sighting.writer
        let executable = placed.executablePath.map { path in
            FoldedPath(path).seen(from: placed.root, isOnHost: !placed.executableHostPaths.isEmpty).path
        }
        self.init(
            executable: executable, comm: executable == nil ? Self.folded(writer.comm) : nil, uid: writer.uid)
    }

    /// `kworker/u8:2` is one of many that do the same.
    private static func folded(_ comm: ByteString) -> ByteString {
        var result: [UInt8] = []
        for byte in comm.bytes {
            let kept = byte.isDigit ? UInt8(ascii: "*") : byte
            if kept == byte || result.last != kept { result.append(kept) }
        }
        return ByteString(result)
    }
}

/// A name for a combination of unit, writer and directory, the same on every host and after every start: 16 hexadecimal
/// digits of FNV-1a.
package struct BaselineID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ unit: BaselineUnit, _ writer: BaselineWriter, _ directory: ByteString) {
        var hash = FNV1a()
        for part in [
            unit.slice, unit.unit, unit.userSlice, unit.userUnit, unit.container, writer.executable, writer.comm,
            ByteString(String(writer.uid)), directory,
        ] {
            hash.add(part)
        }
        description = hash.digits
    }
}
