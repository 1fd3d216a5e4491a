internal import CLibbpf
internal import Glibc

/// The consumer side of a kernel ring buffer, or of two that are waited for together.
public struct RingBuffer: ~Copyable {
    /// Receives one record, valid only during the call: copy out what is to be kept.
    public typealias Handler = (RawSpan) -> Void

    private final class Box {
        let handler: Handler
        /// The most records that one call delivers, and how many it has delivered.
        let most: Int
        var delivered = 0
        init(_ handler: @escaping Handler, most: Int) { (self.handler, self.most) = (handler, most) }
    }

    /// What stops a delivery after its last record; the library passes it on.
    private static var enough: CInt { -ECANCELED }

    private let map: MapHandle
    private var second: MapHandle?
    private let raw: OpaquePointer
    private let box: Box

    /// - Parameter most: how many records one call delivers at most; without a bound a call never ends as long as programs
    ///   write faster than the handler reads.
    public init(
        _ map: consuming MapHandle, most: Int = .max, handler: @escaping Handler
    ) throws(BPFError) {
        let box = Box(handler, most: most)
        let created = ring_buffer__new(
            map.descriptor, Self.deliver, Unmanaged.passUnretained(box).toOpaque(), nil)
        raw = try checkPointer(created, .map, map.name)
        self.map = map
        self.box = box
    }

    deinit { ring_buffer__free(raw) }

    private static let deliver: ring_buffer_sample_fn = { context, record, size in
        guard let context, let record else { return 0 }
        let box = Unmanaged<Box>.fromOpaque(context).takeUnretainedValue()
        box.handler(UnsafeRawBufferPointer(start: record, count: size).bytes)
        box.delivered += 1
        return box.delivered < box.most ? 0 : RingBuffer.enough
    }

    /// Delivers what is in another ring buffer as well, to the same handler; at most one other.
    public mutating func add(_ other: consuming MapHandle) throws(BPFError) {
        guard second == nil else { throw BPFError(.map, other.name, errno: EBUSY) }
        let context = Unmanaged.passUnretained(box).toOpaque()
        try check(ring_buffer__add(raw, other.descriptor, Self.deliver, context), .map, other.name)
        second = consume other
    }

    /// Becomes readable when the programs ask to be heard; for a poll of several descriptors.
    public var descriptor: CInt { ring_buffer__epoll_fd(raw) }

    /// Delivers what is there without waiting, and says how many records that were.
    @discardableResult
    public borrowing func consume() throws(BPFError) -> Int {
        box.delivered = 0
        let count = ring_buffer__consume(raw)
        if count == Self.enough { return box.delivered }
        return Int(try check(count, .poll, map.name))
    }

    /// Waits up to `milliseconds` to be woken, delivers what is there, and says how many records that were.
    @discardableResult
    public borrowing func poll(milliseconds: CInt) throws(BPFError) -> Int {
        box.delivered = 0
        let count = ring_buffer__poll(raw, milliseconds)
        if count == -EINTR { return 0 }
        if count == Self.enough { return box.delivered }
        return Int(try check(count, .poll, map.name))
    }
}
