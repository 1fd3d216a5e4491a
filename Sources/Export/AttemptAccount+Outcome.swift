import Model

extension AttemptAccount {
    /// Takes over how an attempt ended; without a `failure` a failed one is of something that was written to.
    mutating func note(_ outcome: Outcome, _ failure: Failure?, at time: Timestamp) {
        count += 1
        switch outcome {
        case .delivered, .deliveredInPart:
            (lastSuccess, lastFailure, state) = (time, nil, .ready)
            return
        case .rejected, .tooLarge, .badEncoding: state = .ready
        case .kept(_, let pause):
            if case .time(_, firm: true) = pause { retryAfter += 1 }
            // That the agent ends says nothing about the destination.
            if failure?.cause != .stopped { state = failure?.isHeld == true ? .held : .backingOff }
        case .closed: state = .closed
        }
        let cause = failure?.cause ?? .write
        failures[cause, default: 0] += 1
        lastFailure = cause
    }
}

extension HTTPAnswer {
    /// What is to be counted; nil when the collector took the request.
    var failure: Failure? {
        switch self {
        case .status(let status, _, _):
            let meaning = DeliveryClass(status: status)
            guard meaning != .accepted else { return nil }
            return Failure(cause: AttemptFailure(status: status), isHeld: meaning == .hold)
        case .failed(let failure, _):
            return switch failure {
            case .connect: Failure(cause: .connect)
            case .timeout: Failure(cause: .timeout)
            case .transport: Failure(cause: .connection)
            case .verification: Failure(cause: .tls, isHeld: true)
            case .proxy: Failure(cause: .proxy, isHeld: true)
            case .credentials: Failure(cause: .credentials, isHeld: true)
            case .stopped: Failure(cause: .stopped)
            }
        }
    }
}

extension AttemptFailure {
    fileprivate init(status: Int) {
        self =
            switch status {
            case 429: .http429
            case 300..<400: .http3xx
            case 400..<500: .http4xx
            case 500..<600: .http5xx
            default: .httpOther
            }
    }
}
