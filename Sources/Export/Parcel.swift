import Model

/// A payload as it travels: packed once, then the same bytes at every attempt.
struct Parcel: Sendable {
    let id: String
    let contentType: String
    /// Absent when the body is not packed.
    let contentEncoding: String?
    let body: [UInt8]
    let rows: Int
    /// When it was handed over, for the limit of age.
    let since: ContinuousClock.Instant

    init(
        id: String, contentType: String, contentEncoding: String? = nil, body: [UInt8], rows: Int,
        since: ContinuousClock.Instant
    ) {
        (self.id, self.contentType, self.contentEncoding) = (id, contentType, contentEncoding)
        (self.body, self.rows, self.since) = (body, rows, since)
    }

    /// For the network: packed when that is asked for, and plain when zlib finds no memory to do it.
    init(_ payload: Payload, compression: Compression, since: ContinuousClock.Instant) {
        let packed = compression == .gzip ? Gzip.compressed(payload.body) : nil
        self.init(
            id: payload.id, contentType: payload.format.contentType, contentEncoding: packed == nil ? nil : "gzip",
            body: packed ?? payload.body, rows: payload.rows, since: since)
    }

    /// For a file or a stream: whole lines.
    init(lines payload: Payload, since: ContinuousClock.Instant) {
        let newline = UInt8(ascii: "\n")
        let ended = payload.body.isEmpty || payload.body.last == newline
        self.init(
            id: payload.id, contentType: payload.format.contentType,
            body: ended ? payload.body : payload.body + [newline], rows: payload.rows, since: since)
    }
}
