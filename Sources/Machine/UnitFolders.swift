internal import CLinux
internal import Glibc
internal import Model

/// The folders in which one systemd finds its units, as they were when first asked for.
struct UnitFolders {
    /// One of them; what is in it is read once, because most units are in none of most folders.
    private struct Folder {
        let path: [UInt8]
        let names: Set<ByteString>
    }

    private let folders: [Folder]
    /// The names of all folders of drop-ins, wherever they are.
    private let dropInFolders: Set<ByteString>
    /// Who may have put anything there; nil for nobody but root.
    private let user: UInt32?

    /// - Parameters:
    ///   - paths: those first that win.
    ///   - user: whose systemd has them; nil for the host's.
    init(_ paths: [ByteString], ofUser user: UInt32?) {
        self.user = user
        folders = paths.map { Folder(path: $0.bytes, names: Set(Self.names(in: $0, user))) }
        dropInFolders = folders.reduce(into: []) { all, folder in
            all.formUnion(folder.names.filter { $0.bytes.suffix(2).elementsEqual(".d".utf8) })
        }
    }

    /// The file that describes the unit; empty when it is masked, nil when there is none.
    func unitFile(of unit: UnitName) -> [UInt8]? {
        for name in unit.fileNames {
            for folder in folders where folder.names.contains(name) {
                return contents(Self.join(folder.path, name)) ?? []
            }
        }
        return nil
    }

    /// The drop-ins of the unit in the order in which they count; of those with the same name only one does.
    func dropIns(of unit: UnitName) -> [[UInt8]] {
        var places: [ByteString: ByteString] = [:]
        // Most units have none, which is to be seen before every folder is looked through for every name.
        let names = unit.dropInFolders.filter(dropInFolders.contains)
        let ofType = [unit.typeDropInFolder].filter(dropInFolders.contains)
        let own = folders.flatMap { folder in names.map { (folder, $0) } }
        let general = folders.flatMap { folder in ofType.map { (folder, $0) } }
        for (folder, name) in own + general where folder.names.contains(name) {
            let path = Self.join(folder.path, name)
            for file in Self.names(in: path, user) where file.bytes.suffix(5).elementsEqual(".conf".utf8) {
                if places[file] == nil { places[file] = Self.join(path.bytes, file) }
            }
        }
        return places.sorted { $0.key < $1.key }.prefix(Self.mostDropIns).compactMap { _, path in
            contents(path)
        }
    }

    private func contents(_ path: ByteString) -> [UInt8]? {
        guard let user else { return RegularFile.contents(of: path) }
        return UsersPlace(path, of: user)?.contents(limit: RegularFile.limit)
    }

    private static func names(in path: ByteString, _ user: UInt32?) -> [ByteString] {
        guard let user else { return FolderEntries.names(in: path) }
        return UsersPlace(path, of: user)?.names(limit: FolderEntries.most) ?? []
    }

    /// More than anybody has; a folder of some user's may hold anything.
    private static var mostDropIns: Int { 256 }

    private static func join(_ folder: [UInt8], _ name: ByteString) -> ByteString {
        ByteString(folder + [UInt8(ascii: "/")] + name.bytes)
    }
}

/// What is in a folder that others may fill.
enum FolderEntries {
    /// Not more than a folder of units sensibly has.
    static var most: Int { 1 << 16 }

    /// The names but `.` and `..`, in no order; none when it cannot be read.
    static func names(in folder: ByteString) -> [ByteString] {
        guard let stream = folder.withCString(opendir) else { return [] }
        defer { closedir(stream) }
        return names(stream, limit: most)
    }

    static func names(_ stream: OpaquePointer, limit: Int) -> [ByteString] {
        var names: [ByteString] = []
        while names.count < limit, let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [UInt8(ascii: ".")] && name != [UInt8(ascii: "."), UInt8(ascii: ".")] {
                names.append(ByteString(name))
            }
        }
        return names
    }
}

/// A small file that others may have replaced by anything.
enum RegularFile {
    static var limit: Int { 1 << 20 }
    /// O_PATH (linux/include/uapi/asm-generic/fcntl.h), which Glibc does not show to Swift.
    private static var placeOnly: CInt { 0o10000000 }

    /// proc, sysfs, tracefs, debugfs, securityfs, cgroup2: regular files by their type, but to read one may wait for ever, or
    /// take away what another program should have read.
    private static let pseudo: Set<UInt32> = [
        0x0000_9fa0, 0x6265_6572, 0x7472_6163, 0x6462_6720, 0x7363_6673, 0x6367_7270,
    ]

    /// Its bytes; nil when it is a device, a pipe and the like, which are not even opened, or cannot be read.
    static func contents(of path: ByteString) -> [UInt8]? {
        let place = path.withCString { open($0, placeOnly | O_CLOEXEC) }
        guard place >= 0 else { return nil }
        defer { close(place) }
        var status = stat()
        guard fstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= off_t(limit) else {
            return nil
        }
        guard isPlain(place) else { return nil }
        return try? readFile("/proc/self/fd/\(place)", limit: limit)
    }

    /// Whether it is on a file system that keeps what was written, and only that.
    static func isPlain(_ descriptor: CInt) -> Bool {
        let system = clinux_file_system(descriptor)
        return system != 0 && !pseudo.contains(system)
    }
}
