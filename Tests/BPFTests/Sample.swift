import BPF
import Foundation
import Testing

/// The objects that `make build` compiles from Tests/BPFTests/objects.
struct ObjectFile {
    let bytes: Data

    init(_ name: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        bytes = try Data(contentsOf: root.appending(path: ".bpf/tests/\(name).bpf.o"))
    }

    static func open(_ name: String) throws -> OpenObject {
        let file = try ObjectFile(name)
        return try open(file.bytes, as: name)
    }

    static func open(_ bytes: Data, as name: String) throws -> OpenObject {
        // A typed closure cannot return what may not be copied through Data's own one.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        return try OpenObject(name, bytes: UnsafeRawBufferPointer(buffer))
    }
}

/// `.rodata.config` of the sample.
struct SampleConfig: BitwiseCopyable {
    var wanted: UInt64
    var step: UInt64
}

/// `.data.stats` of the sample.
struct SampleStats: BitwiseCopyable, Equatable {
    var calls: UInt64 = 0
    var dropped: UInt64 = 0
}

/// No process has this number, so nobody else makes a call with it.
let nobody: pid_t = 0x7abc_def1

/// Makes a call that `on_getpgid` counts.
func call() { _ = getpgid(nobody) }

/// Makes a call at which `on_getsid` takes a number off the queue.
func take() { _ = getsid(nobody) }

/// The sample with its constants set, in the kernel.
func loadedSample(step: UInt64 = 1) throws -> LoadedObject {
    let object = try ObjectFile.open("sample")
    try object.setConstants(SampleConfig(wanted: UInt64(nobody), step: step), section: ".rodata.config")
    return try object.load()
}

/// The `BPFError` that `body` throws.
func failure(
    _ location: SourceLocation = #_sourceLocation, of body: () throws -> Void
) throws -> BPFError {
    try #require(throws: BPFError.self, sourceLocation: location) { try body() }
}

let isRoot = getuid() == 0
let rootReason: Comment = "loading BPF programs needs root"
