import Foundation
import Testing

extension SystemTests {
    /// The path of the program that writes: right, or declared unknown, wherever it lies.
    @Suite struct WriterPaths {
        let folder: Folder
        let agent: AgentRun

        init() throws {
            folder = try Folder()
            agent = try AgentRun(in: folder)
        }

        /// Has the shell at `$copy` write a file in a cgroup of its own; the script says how that shell is started.
        private func write(_ script: String, as name: String, in cgroup: Cgroup) throws {
            let shell = try #require(installed("dash") ?? installed("sh"))
            let text = """
                set -e
                export LC_ALL=C
                work='echo $$ > "$JOIN/cgroup.procs"; echo x > "$OUT"'
                export JOIN='\(cgroup.path)' OUT='\(folder.path("written-\(name)"))'
                shell='\(shell)'
                cd '\(folder.root.path)'
                \(script)
                """
            let end = try run("/bin/sh", ["-c", text], in: folder)
            try #require(end.status == 0, "\(end.errors)")
        }

        private func writers(_ batches: [Batch], _ cgroup: Cgroup) throws -> [Batch.Unit.Writer] {
            let id = try FileManager.default.attributesOfItem(atPath: cgroup.path)[.systemFileNumber] as? UInt64
            return batches.rows(of: try #require(id)).flatMap(\.writers).filter { $0.writes > 0 }
        }

        @Test func `it is right in the deepest folder, in a chroot, in another mount namespace and with any name`()
            throws
        {
            let cgroups = try (0..<6).map { _ in try Cgroup() }
            let component = String(repeating: "d", count: 96)
            try write(
                """
                for i in $(seq 40); do mkdir \(component); cd \(component); done
                cp "$shell" tool; exec "$PWD/tool" -c "$work"
                """, as: "deep", in: cgroups[0])
            try write(
                """
                for i in $(seq 20); do mkdir \(component)\(component); cd \(component)\(component); done
                cp "$shell" "$(printf %0200d 0)"
                exec "./$(printf %0200d 0)" -c "$work"
                """, as: "deeper", in: cgroups[1])
            try write(
                """
                name="$(printf 'a"b\\\\c\\nd\\377*')"; cp "$shell" "$name"; exec "./$name" -c "$work"
                """, as: "odd", in: cgroups[2])
            try write(
                """
                mkdir -p jail/out jail/cgroup; mount --bind '\(cgroups[3].path)' jail/cgroup
                trap 'umount jail/cgroup' EXIT
                for file in "$shell" $(ldd "$shell" | grep -o '/[^ ]*'); do
                    mkdir -p "jail$(dirname "$file")"; cp -L "$file" "jail$file"
                done
                cp "$shell" jail/tool
                JOIN=/cgroup OUT=/out/written chroot jail /tool -c "$work"
                """, as: "jail", in: cgroups[3])
            try write(
                """
                mkdir own; export shell work
                exec unshare -m sh -c 'mount -t tmpfs own own; cp "$shell" own/tool; exec "$PWD/own/tool" -c "$work"'
                """, as: "own", in: cgroups[4])
            try write(
                """
                cp "$shell" gone; exec 3< gone; rm gone; exec /proc/self/fd/3 -c "$work"
                """, as: "gone", in: cgroups[5])
            // Deeper than Foundation can delete.
            _ = try run("/bin/rm", ["-rf", folder.path(String(repeating: component, count: 2))], in: folder)
            let batches = try agent.stop()

            let root = folder.root.resolvingSymlinksInPath().path
            let deep = root + String(repeating: "/\(component)", count: 40) + "/tool"
            #expect(deep.utf8.count < 4096)
            #expect(try writers(batches, cgroups[0]).map(\.exe) == [deep])
            // Longer than any path may be: not told, rather than told in part.
            #expect(try writers(batches, cgroups[1]).map(\.exe) == [nil])
            let odd = try #require(try writers(batches, cgroups[2]).first)
            #expect(odd.exe == "\(root)/a\"b\\c\nd\u{fffd}*")
            let raw = try #require(Data(base64Encoded: odd.exeRaw ?? ""))
            #expect(raw == Data("\(root)/a\"b\\c\nd".utf8) + [0xff] + Data("*".utf8))
            #expect(odd.comm == "a\"b\\c\nd\u{fffd}*")
            #expect(try writers(batches, cgroups[3]).map(\.exe) == ["\(root)/jail/tool"])
            #expect(try writers(batches, cgroups[4]).map(\.exe) == ["\(root)/own/tool"])
            #expect(try writers(batches, cgroups[5]).map(\.exe) == ["\(root)/gone"])
        }
    }
}
