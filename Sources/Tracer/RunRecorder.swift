internal import Kernel
package import Model
internal import Synchronization

/// Follows a run while it goes on, for what is said of it when it is over.
package final class RunRecorder: TraceConsumer {
    private let history: Mutex<RunHistory>
    private let sights: FirstSights?

    /// - Parameters:
    ///   - hasWrites: whether the trace has them.
    ///   - fingerprinting: looks at inputs as soon as they are read; nil where nobody wants to know.
    ///   - noise: which of them are of interest.
    package init(hasWrites: Bool, fingerprinting: Fingerprinting? = nil, noise: PathNoise = PathNoise()) {
        history = Mutex(RunHistory(hasWrites: hasWrites))
        sights = fingerprinting.map { FirstSights($0, noise) }
    }

    package func take(_ event: TraceEvent, of owner: CgroupOwner?) {
        history.withLock { $0.add(event) }
        sights?.meet(event)
    }

    package func end(_ end: TraceEnd) { history.withLock { $0.finish() } }

    /// After the end.
    package var whole: RunHistory { history.withLock { $0 } }

    /// What inputs were like when the run first met them, by their numbers; waits until all are looked at.
    package func firstSights() async -> [Int: FileFingerprint] {
        guard let sights else { return [:] }
        let found = await sights.finish()
        let history = whole
        var byNumber: [Int: FileFingerprint] = [:]
        for number in history.files.indices where history.isInput(number) {
            guard let name = history.files[number].firstName, name.space == .host else { continue }
            byNumber[number] = found[name.path]
        }
        return byNumber
    }
}

/// Looks at files beside the trace, in the order in which the run met them.
private final class FirstSights: Sendable {
    private let met = Mutex<Set<ByteString>>([])
    private let paths: AsyncStream<ByteString>.Continuation
    private let looking: Task<[ByteString: FileFingerprint], Never>
    private let noise: PathNoise

    /// More different files than this are not remembered.
    private static var most: Int { 1_000_000 }

    init(_ fingerprinting: Fingerprinting, _ noise: PathNoise) {
        self.noise = noise
        let (stream, paths) = AsyncStream.makeStream(of: ByteString.self)
        self.paths = paths
        let looker = Looker(fingerprinting)
        looking = Task { await looker.look(at: stream) }
    }

    func meet(_ event: TraceEvent) {
        guard event.operation == .open || event.operation == .exec, event.root != .other,
            event.facts.created != true, (event.facts.result ?? 0) >= 0, let path = event.path,
            event.operation == .exec || AccessMode(of: event.facts.flags) != .writeOnly
        else { return }
        let isNew = met.withLock { $0.count < Self.most && $0.insert(path).inserted }
        guard isNew, noise.place(of: FileName(path), isUntouched: true) == .shown else { return }
        paths.yield(path)
    }

    func finish() async -> [ByteString: FileFingerprint] {
        paths.finish()
        return await looking.value
    }

    /// Reads on a thread of its own: a slow disk holds up nothing else.
    private actor Looker {
        private let fingerprinting: Fingerprinting
        private let executor = OwnThread("look")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        init(_ fingerprinting: Fingerprinting) { self.fingerprinting = fingerprinting }

        func look(at paths: AsyncStream<ByteString>) async -> [ByteString: FileFingerprint] {
            var found: [ByteString: FileFingerprint] = [:]
            for await path in paths { found[path] = fingerprinting.look(at: path) }
            return found
        }
    }
}
