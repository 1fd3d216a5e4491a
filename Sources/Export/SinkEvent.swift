/// What happened to an output, for the program to put into its log.
///
/// Reasons contain nothing that differs between two occurrences of the same trouble, so equal reasons are repetitions.
/// They never contain credentials.
package enum SinkEvent: Sendable, Equatable {
    case delivered(id: String, rows: Int)
    /// The payload is kept; `delay` is absent when the next attempt comes with the next batch.
    case retrying(reason: String, delay: Duration?)
    /// The destination will never take this payload: it is given up and counted.
    case rejected(id: String, rows: Int, reason: String)
    /// Payloads were given up before anybody took them; `first` is the id of the oldest, or says which window it is.
    case dropped(payloads: Int, rows: Int, first: String, reason: String)
    /// An earlier start had left payloads in the spool.
    case found(payloads: Int, rows: Int)
    /// A file of the spool is damaged, or no batch; it was set aside. The rows are absent when nothing tells them.
    case corrupt(file: String, rows: Int?, reason: String)
    /// A payload could not be written to the spool; it waits in memory, and would not outlive the program.
    case notSpooled(reason: String)
    /// A payload was too large for the receiver and became two.
    case split(id: String, reason: String)
    /// The first delivery after failed attempts.
    case recovered
    /// A file was set aside and a new one begun; `cause` is "size" or "time".
    case rotated(archive: String, cause: String)
    /// The last line of a file had no end and was cut off: an agent was killed, or the power failed, while it was written.
    case mended(path: String, bytes: Int)
    /// Something failed that keeps no batch from being delivered, such as packing an archive.
    case trouble(reason: String)
    /// Nobody will ever read this output again; whatever is handed to it from now on is dropped.
    case closed(reason: String)
}
