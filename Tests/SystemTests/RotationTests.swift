import Foundation
import Glibc
import Testing

extension SystemTests {
    /// The file of a running agent, while it is rotated by itself and by others, and while the agent is killed.
    @Suite struct Rotation {
        let folder: Folder
        init() throws { folder = try Folder() }

        private func start(_ keys: String) throws -> Running {
            let config = try folder.write(
                "agent.toml",
                """
                [agent]
                interval = "1s"
                state_dir = "\(folder.path("state"))"
                [outputs.local]
                type = "file"
                path = "\(folder.path("logs/a.json"))"
                format = "json"
                \(keys)
                """)
            try FileManager.default.createDirectory(atPath: folder.path("logs"), withIntermediateDirectories: true)
            let running = try Running(built("otagent"), ["run", "--config", config], in: folder)
            try running.wait(for: "ready", until: .now + .seconds(30))
            return running
        }

        /// The files with lines of the agent, oldest first, as their names sort.
        private func files() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder.path("logs")).sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
        }

        private func wait(_ what: String, _ isSo: () throws -> Bool) throws {
            let deadline = ContinuousClock.now + .seconds(30)
            while try !isSo() {
                guard ContinuousClock.now < deadline else { throw Failure("in vain waited for: \(what)") }
                usleep(20_000)
            }
        }

        /// The batches in these files; throws when one has a line that is no batch.
        private func batches(_ files: [String]) throws -> [Batch] {
            try files.flatMap { file in
                let path = folder.path("logs/\(file)")
                guard file.hasSuffix(".gz") else { return try Batch.all(inFile: path) }
                let unpacked = try run(installed("gzip") ?? "gzip", ["-dc", path], in: folder)
                guard unpacked.status == 0 else { throw Failure("\(file): \(unpacked.errors)") }
                return try Batch.all(inFile: folder.write("unpacked", unpacked.output))
            }
        }

        private func end(_ agent: Running) throws {
            agent.signal(SIGTERM)
            let end = try agent.wait(until: .now + .seconds(60))
            #expect(end.status == 0, "\(end.errors)")
        }

        @Test func `an agent that is killed and started again has every batch in one file or another`() throws {
            let keys = "rotate_size = \"1KiB\"\nkeep_files = 1000"
            for life in 1...3 {
                let agent = try start(keys)
                // At least two rotations, so that there is something to pack and something half done.
                let before = try files().count
                try wait("two more files") { try files().count >= before + 2 }
                if life < 3 {
                    agent.signal(SIGKILL)
                    _ = try agent.wait(until: .now + .seconds(30))
                } else {
                    try end(agent)
                }
            }
            let all = try files()
            #expect(all.last == "a.json" && all.dropLast().allSatisfy { $0.hasSuffix(".json.gz") }, "\(all)")
            // Of each life, from its first batch on, without a hole.
            var sequences: [[Int]] = []
            for batch in try batches(all) {
                if batch.sequence == 1 { sequences.append([]) }
                try #require(!sequences.isEmpty)
                sequences[sequences.count - 1].append(Int(batch.sequence))
            }
            #expect(sequences.count == 3)
            for life in sequences { #expect(life == Array(1...life.count)) }
        }

        @Test(
            .enabled(if: installed("logrotate") != nil, "logrotate is not installed"),
            arguments: ["create 0640", "nocreate", "copytruncate"])
        func `logrotate with the signal, on a running agent`(mode: String) throws {
            let agent = try start("rotate_size = \"0\"\nrotate_every = \"0s\"")
            let path = folder.path("logs/a.json")
            let conf = try folder.write(
                "logrotate.conf",
                """
                \(path) {
                    rotate 9
                    \(mode)
                    postrotate
                        kill -HUP \(agent.pid)
                    endscript
                }

                """)
            chmod(conf, 0o644)
            for round in 1...3 {
                try wait("a batch") { try !Data(contentsOf: URL(filePath: path)).isEmpty }
                let logrotate = try #require(installed("logrotate"))
                let end = try run(logrotate, ["-f", "-s", folder.path("state.lr"), conf], in: folder)
                #expect(end.status == 0, "\(end.errors)")
                // By the signal and not by the next batch, which comes within a second too: so only that it comes.
                try wait("the file after round \(round)") { access(path, F_OK) == 0 }
            }
            try wait("a batch") { try !Data(contentsOf: URL(filePath: path)).isEmpty }
            try end(agent)
            let found = try batches(["a.json.3", "a.json.2", "a.json.1", "a.json"]).map { Int($0.sequence) }
            if mode == "copytruncate" {
                // What is written between the copy and the truncation is lost, by its design.
                #expect(found == found.sorted() && Set(found).count == found.count)
            } else {
                #expect(found == Array(1...max(found.count, 4)))
            }
        }

        @Test func `on a full disk lines stay whole, and after it everything that waited is there`() throws {
            let disk = try SmallFileSystem(in: folder, size: "64k")
            try FileManager.default.createSymbolicLink(
                atPath: folder.path("logs"), withDestinationPath: disk.path)
            let agent = try start("rotate_size = \"8KiB\"\ncompress = \"none\"\nkeep_files = 1000")
            try wait("a batch") { try !Data(contentsOf: URL(filePath: folder.path("logs/a.json"))).isEmpty }
            let filler = disk.path + "/filler"
            try #require(FileManager.default.createFile(atPath: filler, contents: nil))
            let handle = try #require(FileHandle(forWritingAtPath: filler))
            while (try? handle.write(contentsOf: Data(count: 512))) != nil {}
            try agent.wait(for: "kept and tried again", until: .now + .seconds(60))
            // Our archives are within their bounds: none of them is taken for room.
            let full = try files()
            try? handle.close()
            try FileManager.default.removeItem(atPath: filler)
            try agent.wait(for: "delivers again", until: .now + .seconds(30))
            try end(agent)
            let left = try files()
            #expect(full.filter { $0 != "filler" }.allSatisfy { left.contains($0) })
            let found = try batches(left).map { Int($0.sequence) }
            #expect(found == Array(1...max(found.count, 2)))
        }
    }
}
