import Model
import Render

/// What is left to try with a parcel that a receiver does not take as it is.
///
/// Both work on the bytes alone: a parcel may be older than the process.
extension Parcel {
    /// The same parcel unpacked, for a receiver that does not know the encoding.
    ///
    /// Nil when it is plain already, or cannot be unpacked.
    func weaker() -> Parcel? {
        guard contentEncoding != nil, let plain else { return nil }
        return Parcel(id: id, contentType: contentType, body: plain, rows: rows, since: since)
    }

    /// Two parcels with half of the rows each, for a receiver that finds this one too large; packed as this one is.
    ///
    /// Nil when there are fewer than two rows, or when the body is none of ours.
    func halves() -> [Parcel]? {
        guard let plain, let halves = halves(of: plain), halves.reduce(0, { $0 + $1.rows }) == rows else { return nil }
        return halves.map { half in
            let packed = contentEncoding == nil ? nil : Gzip.compressed(half.body)
            return Parcel(
                id: half.id, contentType: contentType, contentEncoding: packed == nil ? nil : contentEncoding,
                body: packed ?? half.body, rows: half.rows, since: since)
        }
    }

    private func halves(of plain: [UInt8]) -> [BatchHalf]? {
        switch contentType {
        case BatchFormat.ndjson.contentType: BatchHalf.halves(ofLines: plain, id: id)
        // A document of OTLP has the same content type and none of the members that are looked for, so it is not cut.
        case BatchFormat.json.contentType: BatchHalf.halves(ofDocument: plain, id: id)
        default: nil
        }
    }

    /// The body unpacked; nil when it is damaged or packed in a way of which nothing is known.
    private var plain: [UInt8]? {
        switch contentEncoding {
        case nil: body
        case "gzip": Gzip.uncompressed(body)
        default: nil
        }
    }
}
