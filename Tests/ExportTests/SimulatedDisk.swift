import Synchronization
import SystemPackage

@testable import Export

/// A disk in memory that fails when it is told to, and forgets at a power failure what was never synced.
final class SimulatedDisk: FileOperations {
    enum Operation: CaseIterable {
        case makeDirectory, list, create, write, sync, rename, remove, syncDirectory, read, room
    }

    private struct Inode {
        var bytes: [UInt8] = []
        var durable: [UInt8] = []
    }

    private struct State {
        /// By text: paths of System check themselves so often in debug builds that thousands of steps take minutes.
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        /// What happened to names since the last sync, oldest first; each rename is one.
        var pending: [[(path: String, inode: Int?)]] = []
        var inodes: [Int: Inode] = [:]
        var open: [Int32: Int] = [:]
        var next = 1
        var capacity = Int.max / 4
        var faults: [Operation: Errno] = [:]
        var done = 0
        var powerFailsAt: Int?
        var interruptions: [(operation: Operation, count: Int, body: @Sendable () -> Void)] = []
    }

    private let state = Mutex(State())

    /// Every such operation fails so from now on.
    func fail(_ operation: Operation, with errno: Errno?) { state.withLock { $0.faults[operation] = errno } }
    /// Calls `body` once, on the thread of the operation, before that is done for the `count`th time from now.
    func interrupt(_ operation: Operation, _ count: Int = 1, _ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.interruptions.append((operation, count, body)) }
    }

    func heal() { state.withLock { $0.faults = [:] } }
    var capacity: Int {
        get { state.withLock { $0.capacity } }
        set { state.withLock { $0.capacity = newValue } }
    }

    /// After so many operations from now, none does anything any more.
    func failPower(after operations: Int) {
        state.withLock { $0.powerFailsAt = $0.done + operations }
    }

    var isOff: Bool { state.withLock { $0.done > $0.powerFailsAt ?? .max } }

    /// Comes back with what was synced, and with as much of the rest as chance has it.
    func restart(using random: inout some RandomNumberGenerator) {
        var chance = random
        state.withLock { state in
            // A journal keeps the order: some first part of what happened is there. Without one it is any part.
            let isOrdered = Bool.random(using: &chance)
            let first = Int.random(in: 0...state.pending.count, using: &chance)
            for (position, changes) in state.pending.enumerated()
            where isOrdered ? position < first : Bool.random(using: &chance) {
                for change in changes { state.durableNames[change.path] = change.inode }
            }
            state.names = state.durableNames
            state.pending = []
            for (id, inode) in state.inodes {
                let bytes: [UInt8] =
                    inode.durable.count == inode.bytes.count || Bool.random(using: &chance)
                    ? inode.durable : Array(inode.bytes.prefix(.random(in: 0...inode.bytes.count, using: &chance)))
                state.inodes[id] = Inode(bytes: bytes, durable: bytes)
            }
            state.open = [:]
            (state.powerFailsAt, state.faults, state.capacity) = (nil, [:], .max / 4)
        }
        random = chance
    }

    // MARK: What a test does behind the spool's back

    func names(in folder: FilePath) -> [String] {
        let folder = folder.string
        return state.withLock { Self.children($0.names.keys, of: folder).sorted() }
    }

    func bytes(of path: FilePath) -> [UInt8]? {
        let path = path.string
        return state.withLock { state in state.names[path].flatMap { state.inodes[$0]?.bytes } }
    }

    /// Puts a file there, or changes the one there is, on the disk itself.
    func plant(_ bytes: [UInt8], at path: FilePath) {
        let path = path.string
        state.withLock { state in
            let inode = state.names[path] ?? state.next
            state.next += 1
            state.inodes[inode] = Inode(bytes: bytes, durable: bytes)
            (state.names[path], state.durableNames[path]) = (inode, inode)
        }
    }

    func take(_ path: FilePath) {
        let path = path.string
        state.withLock { state in (state.names[path], state.durableNames[path]) = (nil, nil) }
    }

    // MARK: FileOperations

    private func perform<Result: Sendable>(
        _ operation: Operation, _ body: (inout State) throws(Errno) -> sending Result
    ) throws(Errno) -> Result {
        interruption(of: operation)?()
        return try state.withLock { (state) throws(Errno) in
            state.done += 1
            if let at = state.powerFailsAt, state.done > at { throw .ioError }
            if let fault = state.faults[operation] { throw fault }
            return try body(&state)
        }
    }

    private func interruption(of operation: Operation) -> (@Sendable () -> Void)? {
        state.withLock { state in
            let position = state.interruptions.firstIndex { $0.operation == operation }
            guard let position else { return nil }
            state.interruptions[position].count -= 1
            return state.interruptions[position].count == 0 ? state.interruptions.remove(at: position).body : nil
        }
    }

    func makeDirectory(_ path: FilePath) throws(Errno) { try perform(.makeDirectory) { _ in } }

    func files(in path: FilePath) throws(Errno) -> [FoundFile] {
        let folder = path.string
        return try perform(.list) { state in
            Self.children(state.names.keys, of: folder).compactMap { name in
                guard let last = FilePath.Component(name), let inode = state.names["\(folder)/\(name)"] else {
                    return nil
                }
                let size = state.inodes[inode]?.bytes.count ?? 0
                return FoundFile(name: last, kind: .regular, size: size, allocated: size)
            }
        }
    }

    func create(_ path: FilePath) throws(Errno) -> FileDescriptor {
        let path = path.string
        return try perform(.create) { state in
            let inode = state.next
            state.next += 1
            state.inodes[inode] = Inode()
            state.names[path] = inode
            state.pending.append([(path, inode)])
            state.open[Int32(inode)] = inode
            return FileDescriptor(rawValue: Int32(inode))
        }
    }

    func write(_ bytes: [UInt8], to file: FileDescriptor) throws(Errno) {
        try perform(.write) { (state) throws(Errno) in
            guard let inode = state.open[file.rawValue] else { throw .badFileDescriptor }
            let room = max(state.capacity - Self.used(state), 0)
            state.inodes[inode]?.bytes += bytes.prefix(room)
            if bytes.count > room { throw .noSpace }
        }
    }

    func sync(_ file: FileDescriptor) throws(Errno) {
        try perform(.sync) { (state) throws(Errno) in
            guard let inode = state.open[file.rawValue], let bytes = state.inodes[inode]?.bytes else {
                throw .badFileDescriptor
            }
            state.inodes[inode]?.durable = bytes
        }
    }

    func close(_ file: FileDescriptor) { state.withLock { $0.open[file.rawValue] = nil } }

    func rename(_ path: FilePath, to other: FilePath) throws(Errno) {
        let (path, other) = (path.string, other.string)
        try perform(.rename) { (state) throws(Errno) in
            guard let inode = state.names.removeValue(forKey: path) else { throw .noSuchFileOrDirectory }
            state.names[other] = inode
            state.pending.append([(path, nil), (other, inode)])
        }
    }

    func remove(_ path: FilePath) throws(Errno) {
        let path = path.string
        try perform(.remove) { (state) throws(Errno) in
            guard state.names.removeValue(forKey: path) != nil else { throw .noSuchFileOrDirectory }
            state.pending.append([(path, nil)])
        }
    }

    func syncDirectory(_ path: FilePath) throws(Errno) {
        try perform(.syncDirectory) { state in
            for change in state.pending.joined() { state.durableNames[change.path] = change.inode }
            state.pending = []
        }
    }

    func beginning(of path: FilePath, upTo limit: Int) throws(Errno) -> [UInt8] {
        let path = path.string
        return try perform(.read) { (state) throws(Errno) in
            guard let inode = state.names[path], let bytes = state.inodes[inode]?.bytes else {
                throw .noSuchFileOrDirectory
            }
            return Array(bytes.prefix(limit))
        }
    }

    func room(at path: FilePath) throws(Errno) -> (free: Int, total: Int) {
        try perform(.room) { state in (max(state.capacity - Self.used(state), 0), state.capacity) }
    }

    private static func children(_ paths: some Sequence<String>, of folder: String) -> [String] {
        paths.filter { $0.hasPrefix(folder + "/") }.map { String($0.dropFirst(folder.count + 1)) }
            .filter { !$0.contains("/") }
    }

    private static func used(_ state: State) -> Int {
        state.names.values.reduce(0) { $0 + (state.inodes[$1]?.bytes.count ?? 0) }
    }
}

/// Numbers that a seed determines.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
