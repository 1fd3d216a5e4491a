import Foundation
import Testing

@testable import Kernel

extension KernelSourceTests {
    /// Bytes of all the maps and programs that this process holds, as the kernel accounts for them.
    private static func heldBytes() -> [String: Int] {
        var bytes: [String: Int] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fdinfo")) ?? [] {
            let text = (try? String(contentsOfFile: "/proc/self/fdinfo/\(name)", encoding: .utf8)) ?? ""
            let fields = text.split(separator: "\n").map { $0.split(separator: "\t") }
            func field(_ name: String) -> String? { fields.first { $0.first == "\(name):" }?.last.map(String.init) }
            // One of them may be open more than once.
            let id = field("map_id").map { "map \($0)" } ?? field("prog_id").map { "program \($0)" }
            if let id, let size = field("memlock").flatMap({ Int($0) }) { bytes[id] = size }
        }
        return bytes
    }

    @Test(arguments: [1 << 20, 8 << 20, 64 << 20], [false, true])
    func `the kernel takes what was planned, and no more than was allowed`(allowed: Int, watches: Bool) throws {
        let before = Self.heldBytes()
        let source = try source(memory: allowed, watches: watches)
        let taken = Self.heldBytes().filter { before[$0.key] == nil }.values.reduce(0, +)
        #expect(taken <= source.plan.bytes)
        #expect(source.plan.bytes <= allowed)
        #expect(taken * 4 > source.plan.bytes * 3, "a plan that is far too careful wastes what was allowed")
    }
}
