internal import Glibc

/// A trace of what is there already: it goes on until a signal, a time, or the reader of the rows ends it.
package enum HostTrace {
    package static func run(
        _ trace: TraceRun, for duration: Duration?, stop: StopSign, signals: AsyncStream<CInt>
    ) async -> TraceRun.Result {
        await trace.begin()
        let listening = Task {
            // The second one does not wait for who should read the rows.
            for await _ in signals { stop.ask(stop.state == .goOn ? .end : .hurry) }
        }
        let clock = duration.map { duration in
            Task {
                try await Task.sleep(for: duration)
                stop.ask(.end)
            }
        }
        let result = await trace.run()
        listening.cancel()
        clock?.cancel()
        return result
    }
}
