import CCurl

/// How much of an answer has been read, and its beginning: nobody needs more.
///
/// Its head counts as read with the empty line after the headers of a final status; those of 1xx are not final.
final class AnswerReading {
    /// More of an answer is not read.
    static let mostBytes = 4 << 20
    /// More of it is not kept.
    static let mostKept = 64 << 10

    private(set) var bytes = 0
    /// When the last line of the head came.
    private(set) var headEnded: ContinuousClock.Instant?
    private var beginning: [UInt8] = []
    private var isFinal = false

    var isTooLong: Bool { bytes > Self.mostBytes }

    /// The body, if it is short enough to have been kept whole.
    var whole: [UInt8]? { bytes == beginning.count ? beginning : nil }

    /// Has libcurl report the head and the body here; the reading must outlive the transfer.
    func watch(_ easy: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_header(easy, takeLine, context)
        ccurl_set_write(easy, takePiece, context)
    }

    fileprivate func take(line: UnsafeRawBufferPointer) {
        if line.starts(with: "HTTP/".utf8) {
            // "HTTP/1.1 200 OK", "HTTP/2 200": the first digit tells the interim ones.
            let status = line.drop { $0 != UInt8(ascii: " ") }.drop { $0 == UInt8(ascii: " ") }
            isFinal = status.first.map { $0 != UInt8(ascii: "1") } ?? false
        } else if isFinal, headEnded == nil, line.allSatisfy({ $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }) {
            headEnded = .now
        }
    }

    fileprivate func take(_ piece: UnsafeRawBufferPointer) {
        bytes += piece.count
        beginning += piece.prefix(Self.mostKept - beginning.count)
    }
}

/// Called by libcurl with each piece of an answer; taking less than all of it ends the transfer.
private func takePiece(
    _ piece: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let reading = Unmanaged<AnswerReading>.fromOpaque(context).takeUnretainedValue()
    reading.take(UnsafeRawBufferPointer(start: piece, count: size * count))
    return reading.isTooLong ? 0 : size * count
}

/// Called by libcurl with each line of the head, its end included.
private func takeLine(
    _ line: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let reading = Unmanaged<AnswerReading>.fromOpaque(context).takeUnretainedValue()
    reading.take(line: UnsafeRawBufferPointer(start: line, count: size * count))
    return size * count
}
