import KernelABI
import Model
import Testing

@testable import Kernel

/// Records made by hand, as the programs lay them out and as they never should.
@Suite struct DecoderTests {
    /// The fixed part up to where every text starts, then the text.
    private static func record<Fixed: BitwiseCopyable>(_ fixed: Fixed, _ text: [UInt8]) -> [UInt8] {
        var bytes = withUnsafeBytes(of: fixed) { Array($0) }
        bytes += Array(repeating: 0, count: Decoder.textOffset - bytes.count)
        return bytes + text
    }

    static func cgroup(_ kind: UInt32, _ text: [UInt8], length: UInt32? = nil, id: UInt64 = 4417) -> [UInt8] {
        let header = ot_event(kind: kind, length: length ?? UInt32(text.count), time: 1)
        return record(ot_cgroup_event(header: header, cgroup: id), text)
    }

    static func writer(_ text: [UInt8], length: UInt32? = nil) -> [UInt8] {
        var event = ot_writer_event()
        event.header = ot_event(kind: OT_EVENT_WRITER_SEEN.rawValue, length: length ?? UInt32(text.count), time: 1)
        (event.inode, event.device, event.generation, event.tgid, event.slot) = (77, 8 << 20 | 1, 3, 4242, 2)
        return record(event, text)
    }

    private func fact(_ record: [UInt8]) -> Fact? { record.withUnsafeBytes { Decoder.fact($0.bytes) } }

    private func seen(_ path: ByteString?) -> Fact {
        .writerSeen(ExecutableID(device: 8 << 20 | 1, inode: 77, generation: 3), tgid: 4242, path: path)
    }

    @Test func `each kind of cgroup event becomes its fact`() {
        let path: ByteString = "/system.slice/nginx.service"
        let id = CgroupID(4417)
        #expect(fact(Self.cgroup(OT_EVENT_CGROUP_MADE.rawValue, path.bytes)) == .cgroupMade(id, path: path))
        #expect(fact(Self.cgroup(OT_EVENT_CGROUP_REMOVED.rawValue, path.bytes)) == .cgroupRemoved(id, path: path))
        #expect(fact(Self.cgroup(OT_EVENT_CGROUP_RENAMED.rawValue, path.bytes)) == .cgroupRenamed(id, path: path))
    }

    @Test func `a cgroup's number has 64 bits`() {
        let record = Self.cgroup(OT_EVENT_CGROUP_MADE.rawValue, [0x2f], id: .max)
        #expect(fact(record) == .cgroupMade(CgroupID(.max), path: "/"))
    }

    @Test(arguments: [
        [],
        Array("/".utf8),
        [0x2f, 0xff, 0xfe, 0x0a, 0x20],
        Array(repeating: 0x61, count: 1022),
    ])
    func `a path is taken as its bytes are`(path: [UInt8]) {
        let record = Self.cgroup(OT_EVENT_CGROUP_MADE.rawValue, path)
        #expect(fact(record) == .cgroupMade(CgroupID(4417), path: ByteString(path)))
    }

    /// The kernel's own buffer for it has 1024 bytes: linux/kernel/cgroup/cgroup-internal.h.
    @Test(arguments: [1023, Int(OT_PATH_MAX) - 1]) func `a path that may have been cut is none`(count: Int) {
        let record = Self.cgroup(OT_EVENT_CGROUP_MADE.rawValue, Array(repeating: 0x61, count: count))
        #expect(fact(record) == .cgroupMade(CgroupID(4417), path: nil))
    }

    @Test func `bytes after the text are not read`() {
        let record = Self.cgroup(OT_EVENT_CGROUP_MADE.rawValue, Array("/a/b".utf8), length: 2)
        #expect(fact(record) == .cgroupMade(CgroupID(4417), path: "/a"))
    }

    @Test(arguments: [0, 5, 99, .max] as [UInt32])
    func `an unknown kind is no fact`(kind: UInt32) {
        #expect(fact(Self.cgroup(kind, [0x2f])) == nil)
    }

    @Test func `a record that ends too early is no fact, wherever it ends`() {
        for whole in [Self.cgroup(OT_EVENT_CGROUP_MADE.rawValue, Array("/a".utf8)), Self.writer([0x61, 0])] {
            #expect(fact(whole) != nil)
            for length in 0..<whole.count { #expect(fact(Array(whole.prefix(length))) == nil, "\(length) bytes") }
        }
    }

    @Test(arguments: [3, 4096, .max] as [UInt32])
    func `a length beyond the record's end is no fact`(length: UInt32) {
        #expect(fact(Self.cgroup(OT_EVENT_CGROUP_MADE.rawValue, [0x2f, 0x61], length: length)) == nil)
        #expect(fact(Self.writer([0x61, 0], length: length)) == nil)
    }

    @Test(
        arguments: [
            ("nginx\0sbin\0usr\0", "/usr/sbin/nginx"),
            ("init\0", "/init"),
            ("", nil),
            ("nginx\0sbin", nil),
            ("a\0\0b\0", "/b//a"),
        ] as [(String, ByteString?)])
    func `an executable's path is put together from its leaf`(text: String, path: ByteString?) {
        #expect(fact(Self.writer(Array(text.utf8))) == seen(path))
    }

    @Test func `an executable's path keeps bytes that are no text, and may be as long as paths get`() {
        #expect(fact(Self.writer([0xff, 0x0a, 0, 0x61, 0])) == seen(ByteString([0x2f, 0x61, 0x2f, 0xff, 0x0a])))
        let components = Array(repeating: Array(repeating: UInt8(0x61), count: 63) + [0], count: 64)
        let longest = Array(components.joined())
        #expect(longest.count == Int(OT_PATH_MAX))
        let path = Array(repeating: [0x2f] + Array(repeating: UInt8(0x61), count: 63), count: 64).joined()
        #expect(fact(Self.writer(longest)) == seen(ByteString(Array(path))))
    }
}
