internal import KernelABI
internal import Model

/// Turns records of what was sighted into values; one that is too short, or says what cannot be, is nil.
enum SightingDecoder {
    enum Record: Equatable {
        case sighted(Sighting)
        /// An operation that was asked of a ring and is yet to be done. `mark` stands for its name in the programs' memory.
        case asked(request: UInt64, Sighting, mark: UInt64)
        case ended(request: UInt64, result: Int64)
    }

    static func record(_ record: RawSpan) -> Record? {
        guard let header = record.load(ot_event.self) else { return nil }
        switch header.kind {
        case OT_EVENT_SIGHTED.rawValue:
            guard let event = record.load(ot_sighting.self), let sighting = sighting(event, record) else { return nil }
            return event.request == 0
                ? .sighted(sighting) : .asked(request: event.request, sighting, mark: event.mark)
        case OT_EVENT_SIGHTING_ENDED.rawValue:
            return record.load(ot_sighting_end.self).map { .ended(request: $0.request, result: $0.result) }
        default:
            return nil
        }
    }

    private static func sighting(_ event: ot_sighting, _ record: RawSpan) -> Sighting? {
        guard let operation = WatchedOperation(rawValue: event.watched), let via = via(event.via) else { return nil }
        var position = MemoryLayout<ot_sighting>.size
        guard let name = piece(record, &position, event.name_length),
            let seen = piece(record, &position, event.path_length),
            let within = piece(record, &position, event.within_length),
            let executableSeen = piece(record, &position, event.exe_path_length),
            let executableWithin = piece(record, &position, event.exe_within_length)
        else { return nil }
        let place = FilePlace(
            device: event.device, inode: event.inode, within: Decoder.path(fromLeaf: within),
            seen: Decoder.path(fromLeaf: seen))
        // An empty name is one that was read and is empty; what could not be read has not even its NUL.
        let named = name.last == 0 ? ByteString(name.dropLast()) : nil
        return Sighting(
            time: event.header.time, cgroup: CgroupID(event.cgroup),
            writer: writer(event, seen: executableSeen, within: executableWithin), operation: operation, via: via.value,
            place: event.is_named == 0 ? .file(place) : .named(named, base: place),
            mountNamespace: event.mount_namespace == 0 ? nil : event.mount_namespace,
            ticket: .init(directory: event.directory_mark, writer: event.writer_mark))
    }

    private static func writer(_ event: ot_sighting, seen: [UInt8], within: [UInt8]) -> SightedWriter {
        let executable =
            event.exe_inode == 0
            ? nil : ExecutableID(device: event.exe_device, inode: event.exe_inode, generation: event.exe_generation)
        let place = executable.map {
            FilePlace(
                device: $0.device, inode: $0.inode, within: Decoder.path(fromLeaf: within),
                seen: Decoder.path(fromLeaf: seen))
        }
        let parents = withUnsafeBytes(of: event.parent) { bytes in
            bytes.bindMemory(to: ot_parent.self).prefix(Int(event.parents)).map {
                SightedWriter.Parent(comm: name($0.comm), pid: Int32(bitPattern: $0.tgid))
            }
        }
        return SightedWriter(
            executable: executable, executablePlace: place, comm: name(event.comm), uid: event.uid,
            pid: Int32(bitPattern: event.tgid), parents: parents)
    }

    private static func name<Bytes>(_ comm: Bytes) -> ByteString {
        withUnsafeBytes(of: comm) { ByteString($0.prefix { $0 != 0 }) }
    }

    /// Nil for what cannot be; a value that is absent stands for a system call.
    private static func via(_ number: UInt8) -> (value: Sighting.Via?, Void)? {
        switch UInt32(number) {
        case 0: (nil, ())
        case OT_VIA_INLINE.rawValue + 1: (.inline, ())
        case OT_VIA_WORKER.rawValue + 1: (.worker, ())
        case OT_VIA_SQPOLL.rawValue + 1: (.sqpoll, ())
        default: nil
        }
    }

    /// The next piece of a record's text; nil when the record ends before it.
    private static func piece(_ record: RawSpan, _ position: inout Int, _ length: UInt16) -> [UInt8]? {
        let end = position + Int(length)
        guard end <= record.byteCount else { return nil }
        defer { position = end }
        return (position..<end).map { record.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
}
