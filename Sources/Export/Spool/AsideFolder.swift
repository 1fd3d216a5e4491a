import Model
import SystemPackage

/// A folder for files that are not sent any more but may be of use to a person; the oldest go when there are too many.
struct AsideFolder {
    private let path: FilePath
    private let cap: Int
    private let files: any FileOperations
    /// By name, which is the order they are removed in.
    private var kept: [(name: FilePath.Component, bytes: Int)] = []
    private var bytes = 0

    init(_ path: FilePath, cap: Int, files: any FileOperations) {
        (self.path, self.cap, self.files) = (path, cap, files)
    }

    /// Makes the folder and sees what is in it; answers the highest place of ours that any of it has.
    mutating func open() throws(Errno) -> UInt64 {
        try files.makeDirectory(path)
        kept = try files.files(in: path).filter { $0.kind == .regular }
            .map { (name: $0.name, bytes: $0.blocks) }.sorted { $0.name.string < $1.name.string }
        bytes = kept.reduce(0) { $0 + $1.bytes }
        prune()
        let numbers = kept.compactMap { SpoolName($0.name.string)?.place.number }
        return numbers.filter { $0 <= SpoolPlace.highest }.max() ?? 0
    }

    /// Moves a file here that takes so many bytes on the disk; one that could not stay is removed, and costs no other.
    mutating func take(_ name: FilePath.Component, of size: Int, from folder: FilePath) throws(Errno) {
        guard size <= cap else { return try files.remove(folder.appending(name)) }
        var taken = name
        var number = 1
        while kept.contains(where: { $0.name == taken }) {
            number += 1
            taken = FilePath.Component("\(name.string.prefix(60)).\(number)") ?? name
        }
        try files.rename(folder.appending(name), to: path.appending(taken))
        let position = kept.firstIndex { $0.name.string > taken.string } ?? kept.endIndex
        kept.insert((name: taken, bytes: size), at: position)
        bytes += size
        prune()
    }

    private mutating func prune() {
        while bytes > cap, !kept.isEmpty {
            let oldest = kept.removeFirst()
            bytes -= oldest.bytes
            // Gone already, or not to be removed: either way there is nothing more to do here.
            try? files.remove(path.appending(oldest.name))
        }
    }
}
