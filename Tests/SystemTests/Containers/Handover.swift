import Foundation
import Glibc

/// The file through which a workload in a container is told to go, and says what it did: see Tests/Workload/handover.c.
struct Handover {
    let path: String

    init(in place: Place, _ name: String) throws {
        path = "\(place.folder)/exchange/\(name)"
        guard FileManager.default.createFile(atPath: path, contents: Data(count: 65536)) else {
            throw Failure("cannot write \(path)")
        }
    }

    func waitUntilPrepared() throws { try wait(for: "p") }

    func go() throws {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.write(contentsOf: Data("g".utf8))
        try file.close()
    }

    func truth() throws -> Truth {
        try wait(for: "d")
        return try decoded(Truth.self, from: String(decoding: content().dropFirst().prefix { $0 != 0 }, as: UTF8.self))
    }

    private func content() throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    private func wait(for state: Character) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try content().first != state.asciiValue {
            guard ContinuousClock.now < deadline else {
                throw Failure("\(path): the workload did not come to \"\(state)\"")
            }
            usleep(5000)
        }
    }
}
