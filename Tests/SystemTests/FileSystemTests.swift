import Foundation
import Glibc
import Testing

/// A file system of a kind of its own, in a file, mounted as long as this lives.
final class LoopFileSystem {
    let path: String

    /// XFS takes nothing below 300 MiB; the file is sparse.
    private static let size = 320 << 20

    init(_ kind: String, in folder: Folder) throws {
        path = folder.path("mounted-\(kind)")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        if kind == "overlay" {
            try mountOverlay(in: folder)
            return
        }
        let image = folder.path("image-\(kind)")
        guard FileManager.default.createFile(atPath: image, contents: nil), truncate(image, Self.size) == 0 else {
            throw Failure("cannot make \(image)")
        }
        try Self.succeed("mkfs.\(kind)", ["-q", image], in: folder)
        try Self.succeed("mount", ["-t", kind, "-o", "loop", image, path], in: folder)
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

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
        @Test(arguments: ["ext4", "xfs", "btrfs", "overlay"])
        func `every way and every via is counted exactly`(kind: String) throws {
            let folder = try Folder()
            let files = try LoopFileSystem(kind, in: folder)
            let agent = try AgentRun(in: folder)
            let truths = try ["plain", "async", "sqpoll"].map { mode in
                let scratch = "\(files.path)/\(mode)"
                try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: false)
                return try Workload.run(
                    in: try Cgroup(), folder,
                    ["--dir", scratch, "--only", "syscalls,uring,names,edges", "--uring", mode, "--threads", "2"]
                        + ["--repeat", "20"])
            }
            let batches = try agent.stop()
            for truth in truths {
                #expect(truth.counters.writes > 0)
                #expect(batches.counters(of: truth.cgroupId).differences(from: truth) == [], "\(kind)")
            }
        }
    }
}
