import Model
import SystemPackage

@testable import Export

/// Opens a spool on a simulated disk, as a start of the agent does.
struct SpoolStart {
    static let folder: FilePath = "/state/spool/collector"

    var maxBytes = 1 << 20
    var maxAge: Duration = .seconds(3600)
    var memoryBytes = 64 << 10
    var wall = window(0).end
    var now = ContinuousClock.now

    func open(_ disk: SimulatedDisk, _ events: (SinkEvent) -> Void = { _ in }) -> Spool {
        Spool(
            folder: Self.folder,
            caps: SpoolCaps(maxBytes: maxBytes, maxAge: maxAge, memoryBytes: memoryBytes), files: disk, wall: wall,
            now: now, events: events)
    }
}

func parcel(
    _ number: Int, rows: Int = 3, size: Int = 100, since: ContinuousClock.Instant = .now, id: String? = nil
) -> Parcel {
    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
    return Parcel(
        id: id ?? "here-\(number)", contentType: "application/json", contentEncoding: "gzip", body: body, rows: rows,
        since: since)
}

extension Parcel {
    /// Whether a receiver could not tell them apart.
    func isSent(as other: Parcel) -> Bool {
        id == other.id && contentType == other.contentType && contentEncoding == other.contentEncoding
            && body == other.body && rows == other.rows
    }

    var inHalves: [Parcel] {
        [0, 1].map { half in
            let middle = body.count / 2
            return Parcel(
                id: "\(id)/\(half + 1)", contentType: contentType, contentEncoding: contentEncoding,
                body: Array(half == 0 ? body[..<middle] : body[middle...]),
                rows: half == 0 ? rows / 2 : rows - rows / 2, since: since)
        }
    }
}

extension Spool {
    /// Takes and delivers all there is.
    func deliverAll() -> [Parcel] {
        var parcels: [Parcel] = []
        while let parcel = take().parcel {
            parcels.append(parcel)
            _ = delivered(parcel, rejecting: 0, reason: nil)
        }
        return parcels
    }

    @discardableResult func add(_ parcel: Parcel, _ number: Int = 1) -> [SinkEvent] {
        append(parcel, sequence: UInt64(number), window: window(Int64(number)))
    }
}
