internal import KernelABI
internal import Model

/// One record of the tracer's programs, taken apart.
struct TraceRecord {
    enum Kind { case done, begun, ended }

    /// A request of io_uring: its address, and when it was begun.
    struct Request: Hashable {
        var address: UInt64
        var begun: UInt64
    }

    let fixed: ot_trace_record
    let kind: Kind
    let operation: TraceOperation
    private(set) var call: TraceCall
    /// As the program passed them; without their NUL, nil when they are absent.
    private(set) var name: [UInt8]?
    private(set) var target: [UInt8]?
    /// Components from the leaf; nil when they are absent.
    private(set) var path: [UInt8]?
    private(set) var base: [UInt8]?
    private(set) var targetBase: [UInt8]?
    /// Each with its NUL.
    private(set) var arguments: [UInt8]?

    /// What the kernel calls a program that was executed by a descriptor, which is `execveat`.
    private static let executedByDescriptor = Array("/dev/fd/".utf8)

    var request: Request { Request(address: fixed.request, begun: fixed.begun) }

    func has(_ bit: ot_trace_bits) -> Bool { UInt32(fixed.bits) & bit.rawValue != 0 }

    /// Nil when it is too short for what it says it is, or of an unknown kind.
    init?(_ record: RawSpan) {
        let size = MemoryLayout<ot_trace_record>.size
        guard record.byteCount >= size else { return nil }
        let fixed = record.unsafeLoadUnaligned(as: ot_trace_record.self)
        switch fixed.header.kind {
        case OT_TRACE_DONE.rawValue: kind = .done
        case OT_TRACE_BEGUN.rawValue: kind = .begun
        case OT_TRACE_ENDED.rawValue: kind = .ended
        default: return nil
        }
        guard Int(fixed.operation) < TraceOperation.byNumber.count else { return nil }
        operation = TraceOperation.byNumber[Int(fixed.operation)]
        switch operation {
        case .fork: call = .clone
        case .exit: call = .exit
        case _ where fixed.via != OT_TRACE_BY_SYSCALL: call = .uring
        // Of one that succeeded its registers are gone; see `executedByDescriptor`.
        case .exec: call = TraceCall(number: fixed.number) == .execveat ? .execveat : .execve
        default:
            guard let numbered = TraceCall(number: fixed.number), numbered.operation == operation else { return nil }
            call = numbered
        }
        // Without a list: there is a record for each event.
        let sum =
            Int(fixed.name_length) + Int(fixed.target_length) + Int(fixed.path_length) + Int(fixed.base_length)
            + Int(fixed.target_base_length) + Int(fixed.arguments_length)
        guard sum <= Int(fixed.header.length), record.byteCount >= size + Int(fixed.header.length) else { return nil }
        self.fixed = fixed
        guard sum > 0 else { return }
        var start = size
        name = record.piece(from: &start, fixed.name_length, without: 1)
        target = record.piece(from: &start, fixed.target_length, without: 1)
        path = record.piece(from: &start, fixed.path_length)
        base = record.piece(from: &start, fixed.base_length)
        targetBase = record.piece(from: &start, fixed.target_base_length)
        arguments = record.piece(from: &start, fixed.arguments_length)
        if operation == .exec, let name, name.starts(with: Self.executedByDescriptor) { call = .execveat }
    }
}

extension RawSpan {
    /// The next so many bytes, without the last ones that are not wanted; nil when there are none.
    fileprivate func piece(from start: inout Int, _ length: UInt16, without last: Int = 0) -> [UInt8]? {
        guard length > 0 else { return nil }
        let range = start..<start + Int(length) - last
        start += Int(length)
        return withUnsafeBytes { Array(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}

extension TraceRecord {
    /// Whether the first name is the text of a symbolic link, which is relative to the directory of the link.
    var isSymbolicLink: Bool {
        switch call {
        case .symlink, .symlinkat: true
        case .uring: TraceOpcode(number: fixed.number) == .symlinkat
        default: false
        }
    }

    /// Whether an interpreter was executed for what was named: by `#!`, the kernel puts the interpreter's path before the
    /// name, and perhaps one argument between the two.
    var isScript: Bool {
        guard operation == .exec, let name, let arguments else { return false }
        let first = arguments.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
        guard first.count > 1, first[0].first == UInt8(ascii: "/"), !first[0].elementsEqual(name) else { return false }
        return first.dropFirst().contains { $0.elementsEqual(name) }
    }

    /// `argv`, as far as it was told.
    var argumentList: [ByteString]? {
        guard let arguments else { return nil }
        // The last one has its NUL, or is cut.
        let whole = arguments.last == 0 ? arguments.dropLast() : arguments[...]
        return whole.split(separator: 0, omittingEmptySubsequences: false).map { ByteString($0) }
    }
}

extension TraceEvent {
    init(_ record: TraceRecord, ended: TraceRecord?, paths: TracePaths, comm: ByteString, clock: WallClock) {
        let fixed = record.fixed
        let end = ended ?? record
        let actor = Actor(
            pid: fixed.tgid, tid: end.fixed.tid, parent: fixed.parent, uid: fixed.uid, cgroup: CgroupID(fixed.cgroup),
            comm: comm)
        let facts = OpenFacts(
            flags: fixed.flags,
            created: end.has(OT_TRACE_HAS_CREATED) ? end.has(OT_TRACE_IS_CREATED) : nil,
            result: end.has(OT_TRACE_HAS_RESULT) ? Int32(clamping: end.fixed.result) : nil)
        // When one was over whose result never became known nobody knows either.
        let time = (end.has(OT_TRACE_HAS_RESULT) ? end : record).fixed.header.time
        self.init(
            time: clock.time(time), actor: actor, operation: record.operation, kind: record.call,
            facts: facts, mode: fixed.mode, filename: record.name.map { ByteString($0) },
            target: record.target.map { ByteString($0) }, path: paths.path.map { ByteString($0) },
            targetPath: paths.target.map { ByteString($0) }, resolution: paths.resolution,
            root: paths.path == nil && paths.target == nil ? nil : record.has(OT_TRACE_OTHER_ROOT) ? .other : .host,
            via: TraceVia(end.fixed.via),
            file: end.has(OT_TRACE_HAS_FILE) ? FileID(device: end.fixed.device, inode: end.fixed.inode) : nil,
            arguments: record.argumentList, areArgumentsCut: record.has(OT_TRACE_ARGUMENTS_CUT),
            opcode: record.call == .uring ? TraceOpcode(number: fixed.number) : nil)
    }
}

extension TraceVia {
    init(_ via: UInt8) {
        self =
            switch UInt32(via) {
            case OT_VIA_INLINE.rawValue: .inline
            case OT_VIA_WORKER.rawValue: .worker
            case OT_VIA_SQPOLL.rawValue: .sqpoll
            default: .syscall
            }
    }
}
