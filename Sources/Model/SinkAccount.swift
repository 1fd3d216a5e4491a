/// What became of the batches a sink was given, in rows and in payloads.
///
/// At every moment `created + found = delivered + rejected + dropped + corrupt + waiting` in rows; in payloads halving adds
/// to the left side.
package struct SinkAccount: Sendable, Equatable {
    package var createdPayloads: UInt64 = 0
    package var createdRows: UInt64 = 0
    /// What an earlier start had left in the spool.
    package var foundPayloads: UInt64 = 0
    package var foundRows: UInt64 = 0
    /// How many more payloads there are because some were too large and had to be halved.
    package var splitPayloads: UInt64 = 0
    package var deliveredPayloads: UInt64 = 0
    package var deliveredRows: UInt64 = 0
    package var droppedPayloads: UInt64 = 0
    package var droppedRows: UInt64 = 0
    package var rejectedPayloads: UInt64 = 0
    package var rejectedRows: UInt64 = 0
    /// Files of the spool that were damaged or no batches; the rows of the latter are not known, and in no sum.
    package var corruptPayloads: UInt64 = 0
    package var corruptRows: UInt64 = 0
    package var waitingPayloads: UInt64 = 0
    package var waitingRows: UInt64 = 0
    /// Files that were set aside as archives.
    package var rotations: UInt64 = 0
    /// Lines without an end that were cut off files.
    package var tornLines: UInt64 = 0
    /// The part of the waiting that is on disk, and would outlive the program.
    package var spooledPayloads: UInt64 = 0
    package var spooledRows: UInt64 = 0
    /// On disk, in whole blocks.
    package var spooledBytes: UInt64 = 0
    package var attempts = AttemptAccount()
    /// Why the last attempt failed, in words; absent when it did not.
    package var lastError: String?
    package init() {}
}

/// How the attempts of a sink to bring something to its destination ended.
package struct AttemptAccount: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// The last attempt brought an answer, or there was none yet.
        case ready
        /// The last attempt failed, and the next one may do better.
        case backingOff = "backing_off"
        /// The last attempt failed, and so will all until somebody changes something; nothing is given up for that.
        case held
        /// Nobody will ever take anything here again.
        case closed
    }

    package var count: UInt64 = 0
    package var failures: [AttemptFailure: UInt64] = [:]
    /// How often the destination itself said when to come again.
    package var retryAfter: UInt64 = 0
    /// By the wall clock.
    package var lastSuccess: Timestamp?
    /// Absent when the last attempt did not fail.
    package var lastFailure: AttemptFailure?
    package var state: State = .ready
    package init() {}
}

/// Why an attempt failed, in one word: unlike the reason in words it may leave the host, since nothing secret is in it.
package enum AttemptFailure: String, Sendable, CaseIterable {
    /// The host was not found, or took no connection.
    case connect
    case timeout
    /// The connection broke off, or what came was no answer.
    case connection
    /// One of the two did not trust the other.
    case tls
    /// The proxy let nothing through.
    case proxy
    /// The file with a token or password could not be read.
    case credentials
    case http3xx = "http_3xx"
    /// But for 429.
    case http4xx = "http_4xx"
    case http429 = "http_429"
    case http5xx = "http_5xx"
    case httpOther = "http_other"
    /// A file or stream could not be written to.
    case write
    /// The agent had to end first.
    case stopped
}
