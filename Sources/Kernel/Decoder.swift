internal import KernelABI
package import Model

/// Turns records of the ring buffer into facts; a record that is too short or of an unknown kind is nil.
package enum Decoder {
    package static func fact(_ record: RawSpan) -> Fact? {
        guard let header = record.load(ot_event.self) else { return nil }
        switch header.kind {
        case OT_EVENT_CGROUP_MADE.rawValue, OT_EVENT_CGROUP_REMOVED.rawValue, OT_EVENT_CGROUP_RENAMED.rawValue:
            return cgroupFact(record, kind: header.kind)
        case OT_EVENT_WRITER_SEEN.rawValue:
            return writerFact(record)
        default:
            return nil
        }
    }

    private static func cgroupFact(_ record: RawSpan, kind: UInt32) -> Fact? {
        guard let event = record.load(ot_cgroup_event.self),
            let text = record.text(length: event.header.length)
        else { return nil }
        let id = CgroupID(event.cgroup)
        let path = text.count < longestCgroupPath ? ByteString(text) : nil
        return switch kind {
        case OT_EVENT_CGROUP_MADE.rawValue: .cgroupMade(id, path: path)
        case OT_EVENT_CGROUP_REMOVED.rawValue: .cgroupRemoved(id, path: path)
        default: .cgroupRenamed(id, path: path)
        }
    }

    /// The kernel has room for so many bytes of a cgroup's path, and does not say when it cuts one there.
    ///
    /// Source: TRACE_CGROUP_PATH_LEN (linux/kernel/cgroup/cgroup-internal.h), which is one more for the NUL.
    static var longestCgroupPath: Int { 1023 }

    private static func writerFact(_ record: RawSpan) -> Fact? {
        guard let event = record.load(ot_writer_event.self),
            let text = record.text(length: event.header.length)
        else { return nil }
        let executable = ExecutableID(device: event.device, inode: event.inode, generation: event.generation)
        return .writerSeen(executable, tgid: Int32(bitPattern: event.tgid), path: path(fromLeaf: text))
    }

    /// The path whose components come leaf first, each with its NUL.
    static func path(fromLeaf text: [UInt8]) -> ByteString? {
        guard !text.isEmpty, text.last == 0 else { return nil }
        var path: [UInt8] = []
        path.reserveCapacity(text.count)
        for component in text.dropLast().split(separator: 0, omittingEmptySubsequences: false).reversed() {
            path.append(UInt8(ascii: "/"))
            path.append(contentsOf: component)
        }
        return ByteString(path)
    }

    /// Where the text starts: after the longest fixed part, for every kind (`struct scratch` in events.bpf.h).
    static var textOffset: Int { MemoryLayout<ot_writer_event>.size }
}

extension RawSpan {
    func load<Record: BitwiseCopyable>(_ type: Record.Type) -> Record? {
        guard byteCount >= MemoryLayout<Record>.size else { return nil }
        return unsafeLoadUnaligned(as: type)
    }

    fileprivate func text(length: UInt32) -> [UInt8]? {
        guard byteCount >= Decoder.textOffset + Int(length) else { return nil }
        return (0..<Int(length)).map { unsafeLoad(fromByteOffset: Decoder.textOffset + $0, as: UInt8.self) }
    }
}
