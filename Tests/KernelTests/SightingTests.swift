import BPF
import Foundation
import Model
import Support
import Testing

@testable import Kernel

/// Which program sets this kernel takes: the probed ones are taken by all.
private let sets: [Bool] = {
    let hasDirect = (try? KernelTypes().hasFunction("bpf_rdonly_cast")) ?? false
    return hasDirect ? [true, false] : [false]
}()

private struct Told: Hashable {
    let operation: WatchedOperation
    /// Of a file: where it is seen; of a name: the directory it begins at, two colons and the name.
    let path: String
}

extension Sighting {
    fileprivate var short: Told {
        switch place {
        case .file(let file): Told(operation: operation, path: file.seen?.lossyText ?? "?")
        case .named(let name, let base):
            Told(
                operation: operation, path: "\(base.seen?.lossyText ?? "?")::\(name?.lossyText ?? "?")")
        }
    }
}

extension KernelSource {
    /// All that was sighted in these cgroups so far.
    fileprivate func sightings(in cgroups: Set<CgroupID>) throws -> [Sighting] {
        try facts(waitingUpTo: 0).compactMap { fact in
            guard case .sighted(let sighting) = fact, cgroups.contains(sighting.cgroup) else { return nil }
            return sighting
        }
    }
}

extension KernelSourceTests {
    @Suite(.enabled(if: canCount, countingReason), .serialized, .withTracefs) struct Sightings {
        let folder: Folder
        let cgroup: Cgroup
        init() throws { (folder, cgroup) = (try Folder(), try Cgroup()) }

        private var join: String { "echo $$ > \(cgroup.path)/cgroup.procs" }
        private var cgroups: Set<CgroupID> {
            get throws { [try cgroup.id] }
        }
        private var here: String {
            get throws { try #require(realpath(folder.path, nil).map { path in String(cString: path) }) }
        }

        @Test(arguments: sets)
        func `nothing is told before anybody watches, and nothing after`(direct: Bool) async throws {
            let source = try source(direct: direct, watches: true)
            try shell("\(join); echo x > one", in: folder)
            #expect(try await source.sightings(in: cgroups).isEmpty)
            source.watch(true)
            try shell("\(join); echo x > two", in: folder)
            #expect(try await source.sightings(in: cgroups).count == 2)
            source.watch(false)
            try shell("\(join); echo x > three", in: folder)
            #expect(try await source.sightings(in: cgroups).isEmpty)
        }

        @Test(arguments: sets)
        func `every kind of operation is told, with its path`(direct: Bool) async throws {
            let source = try source(direct: direct, watches: true)
            source.watch(true)
            try shell(
                """
                \(join)
                mkdir made
                cd made
                echo x > file
                ln file link
                ln -s file sym
                mv link moved
                truncate -s 1 file
                fallocate -l 4096 file
                rm moved
                /usr/bin/python3 -c 'import mmap, os
                f = os.open("file", os.O_RDWR)
                m = mmap.mmap(f, 1)
                os.truncate("file", 3)'
                """, in: folder)
            let told = Set(try await source.sightings(in: cgroups).map(\.short))
            let (here, made) = (try here, try here + "/made")
            let expected: [(WatchedOperation, String)] = [
                (.mkdir, "\(here)::made"), (.create, "\(made)/file"), (.write, "\(made)/file"),
                (.link, "\(made)::link"), (.symlink, "\(made)::sym"), (.rename, "\(made)::link"),
                (.rename, "\(made)::moved"), (.truncate, "\(made)/file"), (.allocate, "\(made)/file"),
                (.delete, "\(made)::moved"), (.sharedMap, "\(made)/file"), (.truncate, "\(made)::file"),
            ]
            #expect(told == Set(expected.map { Told(operation: $0.0, path: $0.1) }))
        }

        @Test(arguments: sets)
        func `the writer is told as it is`(direct: Bool) async throws {
            let source = try source(direct: direct, watches: true)
            source.watch(true)
            let pid = try shell("\(join); echo x > one", in: folder)
            let told = try await source.sightings(in: cgroups)
            #expect(told.count == 2)
            var status = stat()
            stat("/bin/sh", &status)
            for sighting in told {
                #expect(sighting.writer.pid == pid)
                #expect(sighting.writer.comm == "sh")
                #expect(sighting.writer.uid == getuid())
                #expect(sighting.writer.executable?.inode == UInt64(status.st_ino))
                #expect(sighting.writer.executablePlace?.seen == "/usr/bin/dash")
                #expect(sighting.writer.executablePlace?.within == "/usr/bin/dash")
                #expect(sighting.writer.parents.first?.pid == getpid())
                #expect(sighting.writer.parents.count == 8 || sighting.writer.parents.last?.pid == 1)
                var namespace = stat()
                stat("/proc/self/ns/mnt", &namespace)
                #expect(sighting.mountNamespace == UInt32(namespace.st_ino))
                #expect(sighting.via == nil)
            }
        }

        @Test(arguments: sets)
        func `each file of a directory is told once, until the directory is settled`(direct: Bool) async throws {
            let source = try source(direct: direct, watches: true)
            source.watch(true)
            try shell("\(join); for n in 1 2 1 2 1; do echo x >> f$n; done", in: folder)
            let told = try await source.sightings(in: cgroups)
            #expect(told.count { $0.operation == .write } == 2)
            #expect(told.count { $0.operation == .create } == 2)
            let write = try #require(told.first { $0.operation == .write })
            source.settle([write.ticket: .directory])
            // The same writer, though another process.
            try shell("\(join); for n in 1 2 3; do echo x >> f$n; done", in: folder)
            let later = try await source.sightings(in: cgroups)
            #expect(later.map(\.operation) == [.create], "writes are settled, creates are not")
            try shell("\(join); mkdir -p sub; echo x >> sub/f1", in: folder)
            #expect(try await source.sightings(in: cgroups).contains { $0.operation == .write }, "another directory")
        }

        @Test(arguments: sets)
        func `a settled writer is told nowhere, others are`(direct: Bool) async throws {
            let source = try source(direct: direct, watches: true)
            source.watch(true)
            try shell("\(join); echo x > one", in: folder)
            let ticket = try #require(try await source.sightings(in: cgroups).first).ticket
            source.settle([ticket: .writer])
            try shell("\(join); mkdir sub; echo x > sub/two; rm one", in: folder)
            let later = try await source.sightings(in: cgroups)
            #expect(later.allSatisfy { $0.writer.comm != "sh" })
            #expect(later.contains { $0.writer.comm == "mkdir" })
            source.watch(true)
            try shell("\(join); echo x > three", in: folder)
            #expect(!(try await source.sightings(in: cgroups).isEmpty), "armed anew, all is forgotten")
        }

        @Test(arguments: sets)
        func `names are told as they were given, whatever they are`(direct: Bool) async throws {
            let source = try source(direct: direct, watches: true)
            source.watch(true)
            let long = String(repeating: "x", count: 255)
            try shell(
                """
                \(join)
                /usr/bin/python3 - <<'END'
                import os
                long = "\(long)"
                os.mkdir(b"a\\nb\\xff")
                os.rmdir(b"a\\nb\\xff")
                os.mkdir(long)
                os.mkdir(long + "/" + long)
                os.rmdir(long + "/" + long)
                os.mkdir(long + "/" + long)
                d = os.open(long, os.O_PATH)
                os.rmdir("./../" + os.path.basename(os.getcwd()) + "/" + long + "/" + long)
                os.mkdir("here", dir_fd=d)
                os.rename("here", "there", src_dir_fd=d, dst_dir_fd=d)
                try: os.mkdir("")
                except OSError: pass
                END
                """, in: folder)
            let told = try await source.sightings(in: cgroups).filter { $0.writer.comm == "python3" }.map(\.place)
            var names: [ByteString: Int] = [:]
            for case .named(let name?, _) in told { names[name, default: 0] += 1 }
            #expect(names[ByteString(Array("a\nb".utf8) + [0xff])] == 2)
            #expect(names[ByteString("\(long)/\(long)")] == 3, "a name too long for a mark is told each time")
            #expect(names["here"] == 2)
            #expect(names["there"] == 1)
            #expect(names[""] == nil, "which failed")
            let base = try here
            let directory = ByteString("\(base)/\(long)")
            #expect(told.contains { if case .named("here", let place) = $0 { place.seen == directory } else { false } })
        }

        @Test(arguments: sets)
        func `what finds no room is counted and told again`(direct: Bool) async throws {
            let source = try source(direct: direct, memory: 4 << 20, watches: true)
            source.watch(true)
            try shell("\(join); i=0; while [ $i -lt 2000 ]; do echo x > f$i; i=$((i + 1)); done", in: folder)
            let first = try await source.sightings(in: cgroups)
            let lost = try await source.drain().loss.watchRecords
            #expect(lost > 0)
            // Some marks had to make room for others, and were told twice.
            #expect((4000...6000).contains(UInt64(first.count) + lost))
            try shell("\(join); i=0; while [ $i -lt 2000 ]; do echo x > f$i; i=$((i + 1)); done", in: folder)
            let second = try await source.sightings(in: cgroups)
            #expect(!second.isEmpty)
        }

        @Test func `where there is no room nothing is watched`() {
            #expect(!MemoryPlan(bytes: 1 << 20, possibleCPUs: 64, watches: true).canWatch)
            #expect(MemoryPlan(bytes: 64 << 20, possibleCPUs: 64, watches: true).canWatch)
            #expect(!MemoryPlan(bytes: 64 << 20, possibleCPUs: 64).canWatch)
        }

        @Test(arguments: sets)
        func `programs without room for it count as ever`(direct: Bool) async throws {
            let source = try source(direct: direct)
            source.watch(true)
            try shell("\(join); echo x > one; mkdir sub; rm one", in: folder)
            #expect(try await source.sightings(in: cgroups).isEmpty)
            let counted = try await source.drain().sum(cgroups)
            #expect(counted[.creates] == 1 && counted[.mkdirs] == 1 && counted[.deletes] == 1)
        }
    }
}
