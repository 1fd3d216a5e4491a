import Foundation
import Model
import Testing

@testable import Kernel

/// One table says what is not seen, and the documents say the same.
@Suite struct NotSeenTests {
    @Test func `the document has every sentence, and no other`() throws {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let text = try String(contentsOf: folder.appending(path: "docs/coverage.md"), encoding: .utf8)
        let table = try #require(text.components(separatedBy: "## Not seen").last)
        let rows = table.components(separatedBy: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
        let sentences = rows.compactMap { $0.dropFirst(2).components(separatedBy: " | ").first }
        #expect(sentences == NotSeen.sentences)
    }
}

extension KernelSourceTests {
    /// A compiler that makes programs for 32 bits: the toolchain's own clang, without any library.
    private static let clang: String? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").flatMap { folder in
            [
                String(folder),
                URL(filePath: "\(folder)/swift").resolvingSymlinksInPath().deletingLastPathComponent().path,
            ]
        }
        return folders.map { "\($0)/clang" }.first { access($0, X_OK) == 0 }
    }()

    private static let program = """
        static int call(int n, int a, int b, int c) {
            int r;
            __asm__ volatile("int $0x80" : "=a"(r) : "0"(n), "b"(a), "c"(b), "d"(c) : "memory");
            return r;
        }
        void _start(void) {
            int file = call(5, (int)"by32", 0101, 0600);
            int written = 0;
            for (int i = 0; i < 9; i++) written += call(4, file, (int)"12345", 5);
            call(1, written != 45, 0, 0);
        }
        """

    #if arch(x86_64)
    @Test(
        .enabled(if: clang != nil && access("/proc/sys/abi/vsyscall32", F_OK) == 0, "no clang, or no 32-bit programs"))
    func `what a 32-bit program does is not counted, and coverage says so`() async throws {
        try Self.program.write(toFile: "\(folder.path)/by32.c", atomically: false, encoding: .utf8)
        try shell(
            "\(Self.clang ?? "") -m32 -nostdlib -static -ffreestanding -fno-pic -fuse-ld=lld -o program by32.c",
            in: folder)
        let source = try source()
        try shell("echo $$ > \(cgroup.path)/cgroup.procs; echo x > by64; ./program", in: folder)
        #expect(try Data(contentsOf: URL(filePath: "\(folder.path)/by32")).count == 45, "it did write")
        let sum = try await source.drain().sum([try cgroup.id])
        #expect(sum[.writes] == 1, "that of the shell")
        #expect(sum[.creates] == 1)
        #expect(source.coverage.notSeen.contains { $0.contains("32-bit") })
    }
    #endif
}
