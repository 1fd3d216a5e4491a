import Glibc
import SystemPackage

/// A pipe, terminal or file that is written to and that nothing can be taken back from.
final class StreamDestination: Destination {
    private static let shown = "standard output"
    /// How soon waiting for a slow reader notices that its deadline has been set.
    private static let glance: Duration = .milliseconds(50)

    private let stream: FileDescriptor
    /// The parcel of which only the beginning is out, and how much that is.
    private var begun: (id: String, offset: Int)?

    init(descriptor: Int32) throws(SinkProblem) {
        stream = FileDescriptor(rawValue: descriptor)
        do throws(Errno) { _ = try Stat(stream) } catch {
            throw .refused(action: "write to", path: Self.shown, error)
        }
        // What stands in for a closed descriptor, and what was opened for reading only, takes nothing.
        guard fcntl(descriptor, F_GETFL) & O_ACCMODE != O_RDONLY else {
            throw .refused(action: "write to", path: Self.shown, .badFileDescriptor)
        }
    }

    func attempt(_ parcel: Parcel, deadline: () -> ContinuousClock.Instant?) -> Outcome {
        do throws(Errno) {
            var offset = 0
            if let begun, begun.id == parcel.id {
                offset = begun.offset
            } else if begun != nil {
                // The rest of that line was dropped: end it, so that it spoils no other.
                guard try write([UInt8(ascii: "\n")][...], deadline) == 1 else { return Self.stopped }
                begun = nil
            }
            while offset < parcel.body.count {
                let written = try write(parcel.body[offset...], deadline)
                guard written > 0 else { return Self.stopped }
                offset += written
                begun = (parcel.id, offset)
            }
            begun = nil
            return .delivered
        } catch .brokenPipe {
            return .closed(reason: "nobody reads \(Self.shown) any more")
        } catch {
            return .kept(reason: "cannot write to \(Self.shown): \(error)", .untilNext)
        }
    }

    private static let stopped = Outcome.kept(
        reason: "\(shown) took nothing more until it was time to stop", .untilNext)

    /// One write, as soon as there is room for it; zero when the deadline came first.
    ///
    /// The stream may block or not: whoever else has it decides that, and it must not be changed under them.
    private func write(_ bytes: ArraySlice<UInt8>, _ deadline: () -> ContinuousClock.Instant?) throws(Errno) -> Int {
        while true {
            do {
                return try bytes.withUnsafeBytes { try stream.write($0) }
            } catch Errno.resourceTemporarilyUnavailable {
                if let deadline = deadline(), deadline <= .now { return 0 }
                var ready = pollfd(fd: stream.rawValue, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, Int32(Self.glance.wholeMilliseconds))
            } catch {
                throw error as? Errno ?? .ioError
            }
        }
    }
}
