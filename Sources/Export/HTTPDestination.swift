import Model

/// A collector: sends parcels, reads its answers by their class, and paces itself after failures.
final class HTTPDestination: Destination {
    private var client: HTTPClient
    private let endpoint: Endpoint
    private let options: HTTPOptions
    private let userAgent: String
    private var token: SecretFile?
    private var password: SecretFile?
    private var proxyPassword: SecretFile?
    private var backoff: Backoff
    private var random = SystemRandomNumberGenerator()
    private var isFinishing = false
    private(set) var lastFailure: Failure?

    /// Refuses what could never work, or would show credentials to the network.
    init(_ options: HTTPOptions, version: String) throws(SinkProblem) {
        endpoint = try Endpoint(options.url)
        let route = try Route(options)
        try options.check(for: endpoint, by: route)
        client = try .ready(for: endpoint, by: route, options: options)
        token = options.bearerTokenFile.map { SecretFile(path: $0) }
        password = options.passwordFile.map { SecretFile(path: $0) }
        proxyPassword = options.proxyPasswordFile.map { SecretFile(path: $0) }
        backoff = Backoff(initial: options.retry.initial, maximum: options.retry.max)
        userAgent = "otagent/\(version)"
        self.options = options
    }

    func attempt(_ parcel: Parcel, deadline: () -> ContinuousClock.Instant?) -> Outcome {
        if deadline() != nil, !isFinishing {
            // What is left of the time is short: pauses grown in a long outage would use all of it.
            isFinishing = true
            backoff.reset()
        }
        let (credentials, proxy): (HTTPCredentials, HTTPCredentials)
        do throws(SinkProblem) { (credentials, proxy) = (try readCredentials(), try readProxyCredentials()) } catch {
            return outcome(of: .failed(.credentials, reason: "\(error)"), rows: parcel.rows)
        }
        let request = HTTPRequest(body: parcel.body, headers: headers(for: parcel), timeout: options.timeout)
        let answer = client.post(request, credentials: credentials, proxy: proxy, deadline: deadline)
        return outcome(of: answer, rows: parcel.rows)
    }

    private func outcome(of answer: HTTPAnswer, rows: Int) -> Outcome {
        lastFailure = answer.failure
        switch answer {
        case .failed(.stopped, let reason):
            return .kept(reason: reason, .untilNext)
        case .failed(.connect, let reason), .failed(.timeout, let reason), .failed(.transport, let reason):
            return .kept(reason: reason, .time(backoff.delay(using: &random), firm: false))
        case .failed(.verification, let reason), .failed(.proxy, let reason), .failed(.credentials, let reason):
            return .kept(reason: reason, .time(backoff.hold(), firm: false))
        case .status(let status, let retryAfter, let rejectedPoints):
            let reason = "\(endpoint.shown) answered \(status)"
            switch DeliveryClass(status: status) {
            case .accepted:
                backoff.reset()
                guard rejectedPoints > 0 else { return .delivered }
                // Points of how many rows, it does not say: of as many as there can be.
                let rejected = Int(clamping: min(rejectedPoints, UInt64(rows)))
                return .deliveredInPart(
                    rejectedRows: rejected, reason: "\(reason), but took only part of the data points")
            case .poison:
                backoff.reset()
                return .rejected(reason: reason)
            case .split:
                backoff.reset()
                return .tooLarge(reason: reason)
            case .renegotiate:
                backoff.reset()
                return .badEncoding(reason: reason)
            case .retry:
                let delay = backoff.delay(retryAfter: retryAfter, using: &random)
                return .kept(reason: reason, .time(delay, firm: retryAfter != nil))
            case .hold:
                return .kept(reason: reason, .time(backoff.hold(retryAfter: retryAfter), firm: retryAfter != nil))
            }
        }
    }

    private func headers(for parcel: Parcel) -> [(name: String, value: String)] {
        var headers = options.headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        headers.append(("Content-Type", parcel.contentType))
        if let encoding = parcel.contentEncoding { headers.append(("Content-Encoding", encoding)) }
        headers.append(("Idempotency-Key", parcel.id))
        headers.append(("User-Agent", userAgent))
        return headers
    }

    private func readCredentials() throws(SinkProblem) -> HTTPCredentials {
        if let token = try token?.read() { return .bearer(token) }
        guard let username = options.username else { return .none }
        return .basic(username: username, password: try password?.read() ?? "")
    }

    private func readProxyCredentials() throws(SinkProblem) -> HTTPCredentials {
        guard let username = options.proxyUsername else { return .none }
        return .basic(username: username, password: try proxyPassword?.read() ?? "")
    }
}
