import Foundation

@testable import BPF

/// The programs and maps of an object by the kernel's numbers, to see that they are gone after it.
///
/// Numbers are never used twice, and other tests and other programs load things meanwhile: names would not do.
struct KernelRemains {
    private let programs: Set<Int>
    private let maps: Set<Int>

    /// What the object has in the kernel now.
    init(_ object: borrowing LoadedObject, maps names: [String]) throws {
        programs = Set(try object.statistics().map { Int($0.id) })
        var maps: Set<Int> = []
        for name in names {
            let handle = try object.map(name)
            maps.formUnion(Self.numbers("map_id", in: "/proc/self/fdinfo/\(handle.descriptor)"))
        }
        self.maps = maps
    }

    var programCount: Int { programs.count }
    var mapCount: Int { maps.count }

    /// What of it this process still holds a descriptor of.
    var held: Set<Int> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fdinfo")) ?? []
        return Set(
            names.flatMap { name in
                let path = "/proc/self/fdinfo/\(name)"
                return Self.numbers("prog_id", in: path).filter(programs.contains)
                    + Self.numbers("map_id", in: path).filter(maps.contains)
            })
    }

    /// What of it the kernel still has; it frees things a little after their last owner is gone.
    func inKernel(waitingUpTo wait: Duration = .seconds(10)) throws -> [String: Set<Int>] {
        let deadline = ContinuousClock.now + wait
        while true {
            let left = ["prog": try Self.loaded("prog") & programs, "map": try Self.loaded("map") & maps]
            if left.values.allSatisfy(\.isEmpty) || ContinuousClock.now > deadline { return left }
        }
    }

    static let bpftool = ["/usr/sbin/bpftool", "/sbin/bpftool", "/usr/bin/bpftool"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// All that the kernel has of this kind, by anyone.
    private static func loaded(_ kind: String) throws -> Set<Int> {
        struct Entry: Decodable { let id: Int }
        let tool = Process()
        let output = Pipe()
        tool.executableURL = URL(filePath: bpftool ?? "/usr/sbin/bpftool")
        tool.arguments = ["-j", kind, "show"]
        tool.standardOutput = output
        try tool.run()
        let json = try output.fileHandleForReading.readToEnd() ?? Data()
        tool.waitUntilExit()
        return Set(try JSONDecoder().decode([Entry].self, from: json).map(\.id))
    }

    /// The numbers after this word in one file of /proc/self/fdinfo.
    private static func numbers(_ word: String, in path: String) -> [Int] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { $0.hasPrefix("\(word):") }
            .compactMap { Int($0.dropFirst(word.count + 1).trimmingCharacters(in: .whitespaces)) }
    }
}

private func & (left: Set<Int>, right: Set<Int>) -> Set<Int> { left.intersection(right) }
