import CCurl

/// How much of an answer has been read, and its beginning: nobody needs more.
final class AnswerReading {
    /// More of an answer is not read.
    static let mostBytes = 4 << 20
    /// More of it is not kept.
    static let mostKept = 64 << 10

    private(set) var bytes = 0
    private var beginning: [UInt8] = []

    var isTooLong: Bool { bytes > Self.mostBytes }

    /// The body, if it is short enough to have been kept whole.
    var whole: [UInt8]? { bytes == beginning.count ? beginning : nil }

    /// Has libcurl report the body here; the reading must outlive the transfer.
    func watch(_ easy: UnsafeMutableRawPointer) {
        ccurl_set_write(easy, takePiece, Unmanaged.passUnretained(self).toOpaque())
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
