import Foundation
import Testing

@testable import Kernel

extension KernelSourceTests {
    /// Bytes of all the maps that this process holds, as the kernel accounts for them.
    private static func mapBytes() -> [String: Int] {
        var bytes: [String: Int] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fdinfo")) ?? [] {
            let text = (try? String(contentsOfFile: "/proc/self/fdinfo/\(name)", encoding: .utf8)) ?? ""
            let fields = text.split(separator: "\n").map { $0.split(separator: "\t") }
            func field(_ name: String) -> String? { fields.first { $0.first == "\(name):" }?.last.map(String.init) }
            // One map may be open more than once.
            if let id = field("map_id"), let size = field("memlock").flatMap({ Int($0) }) { bytes[id] = size }
        }
        return bytes
    }

    @Test(arguments: [1 << 20, 8 << 20, 64 << 20])
    func `the kernel takes what was planned, and no more than was allowed`(allowed: Int) throws {
        let before = Self.mapBytes()
        let source = try source(memory: allowed)
        let taken = Self.mapBytes().filter { before[$0.key] == nil }.values.reduce(0, +)
        #expect(taken <= source.plan.bytes)
        #expect(source.plan.bytes <= allowed)
        #expect(taken * 4 > source.plan.bytes * 3, "a plan that is far too careful wastes what was allowed")
    }
}
