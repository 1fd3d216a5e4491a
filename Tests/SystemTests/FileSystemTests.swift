import Foundation
import Glibc
import Testing

/// A file system of a kind of its own, in a file or in memory, mounted as long as this lives.
final class LoopFileSystem {
    let path: String

    /// XFS takes nothing below 300 MiB; the file is sparse.
    private static let size = 320 << 20

    init(_ kind: String, in folder: Folder) throws {
        path = folder.path("mounted-\(kind)")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        switch kind {
        case "overlay": try mountOverlay(in: folder)
        case "tmpfs": try Self.succeed("mount", ["-t", kind, kind, path], in: folder)
        default: try mountImage(kind, in: folder)
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    private func mountImage(_ kind: String, in folder: Folder) throws {
        let image = folder.path("image-\(kind)")
        guard FileManager.default.createFile(atPath: image, contents: nil), truncate(image, Self.size) == 0 else {
            throw Failure("cannot make \(image)")
        }
        try Self.succeed("mkfs.\(kind)", ["-q", image], in: folder)
        try Self.succeed("mount", ["-t", kind, "-o", "loop", image, path], in: folder)
    }

    private func mountOverlay(in folder: Folder) throws {
        let parts = ["lower", "upper", "work"].map { folder.path("overlay-\($0)") }
        for part in parts { try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: false) }
        let options = "lowerdir=\(parts[0]),upperdir=\(parts[1]),workdir=\(parts[2])"
        try Self.succeed("mount", ["-t", "overlay", "-o", options, "overlay", path], in: folder)
    }

    private static func succeed(_ name: String, _ arguments: [String], in folder: Folder) throws {
        guard let program = installed(name) else { throw Failure("\(name) is not installed: make deps") }
        let end = try run(program, arguments, in: folder)
        guard end.status == 0 else { throw Failure("\(name): \(end.errors)") }
    }
}

extension SystemTests {
    /// What a file system does below a call differs: how often a hook inside would fire, and what goes to a worker.
    @Suite struct FileSystems {
        /// Those that can be frozen: there what is in flight stays so until it is told otherwise.
        private static let freezable: Set = ["ext4", "xfs", "btrfs"]

        @Test(arguments: ["ext4", "xfs", "btrfs", "overlay", "tmpfs"])
        func `every way, every via and every scene is counted exactly or declared`(kind: String) throws {
            let folder = try Folder()
            let cgroup = try Cgroup()
            let files = try LoopFileSystem(kind, in: folder)
            let agent = try AgentRun(in: folder)
            let more = Self.freezable.contains(kind) ? ["--freeze", files.path] : []
            let truths = try Workload.suite(in: cgroup, folder, on: files.path, ["--repeat", "3"] + more)
            let batches = try agent.stop()
            #expect(truths.count > 20 && truths.reduce(0) { $0 + $1.counters.writes } > 10_000)
            #expect(batches.differences(from: truths) == [], "\(kind)")
            let mayLack: Set = kind == "overlay" ? ["IOPOLL", "open_by_handle_at"] : ["IOPOLL"]
            #expect(Set(truths.flatMap(\.skipped)).subtracting(mayLack) == [])
        }
    }
}
