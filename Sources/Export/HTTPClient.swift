import CCurl
import SystemPackage

/// How much of an answer has been read: counted, and nothing more, for nobody needs the text.
private final class Reading {
    var bytes = 0
    var isTooLong: Bool { bytes > HTTPClient.maxAnswerBytes }
}

/// Called by libcurl with each piece of an answer; taking less than all of it ends the transfer.
private func countAnswer(
    _ piece: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let reading = Unmanaged<Reading>.fromOpaque(context).takeUnretainedValue()
    reading.bytes += size * count
    return reading.isTooLong ? 0 : size * count
}

/// One connection to one collector: the owner of a libcurl handle, for one thread.
///
/// The easy handle is driven through a multi handle, because `curl_easy_perform` looks at nothing for up to a second
/// while a peer is silent, and a shutdown must not wait for that.
struct HTTPClient: ~Copyable {
    /// More of an answer is not read.
    static let maxAnswerBytes = 4 << 20
    /// How soon a request notices that its deadline has been set or moved.
    private static let glance: Duration = .milliseconds(50)
    /// A peer that moves less than a byte a second for so long is taken for dead, however long the time-out.
    private static let silenceSeconds = 60

    private static let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private let endpoint: Endpoint
    private let tls: TLSOptions
    private var connectTo: UnsafeMutablePointer<curl_slist>?
    private var certificates: [FileStamp?] = []

    /// A client with all its options set.
    static func ready(for endpoint: Endpoint, tls: TLSOptions) throws(SinkProblem) -> HTTPClient {
        var client = try HTTPClient(endpoint, tls: tls)
        guard client.setPolicy(), client.setTLS(), client.setTarget() else {
            throw .unusable("this libcurl lacks what \(endpoint.shown) needs: version 7.87 or later, with TLS")
        }
        return client
    }

    private init(_ endpoint: Endpoint, tls: TLSOptions) throws(SinkProblem) {
        guard Self.libraryIsReady, let easy = curl_easy_init() else {
            throw .unusable("libcurl cannot be started")
        }
        guard let multi = curl_multi_init() else {
            curl_easy_cleanup(easy)
            throw .unusable("libcurl cannot be started")
        }
        (self.easy, self.multi, self.endpoint, self.tls) = (easy, multi, endpoint, tls)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        curl_slist_free_all(connectTo)
        errorText.deallocate()
    }

    /// Sends the request and waits for the answer, at most until `deadline`, which may be set while it waits.
    mutating func post(
        _ request: HTTPRequest, credentials: HTTPCredentials, deadline: () -> ContinuousClock.Instant?
    ) -> HTTPAnswer {
        renewCertificates()
        var list = curl_slist_append(nil, "Expect:")
        defer { curl_slist_free_all(list) }
        for (name, value) in request.headers {
            // "Name:" would tell libcurl to leave the header out; "Name;" sends it empty.
            list = curl_slist_append(list, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        if tls.serverName != nil { list = curl_slist_append(list, "Host: \(endpoint.authority)") }
        // libcurl hands the pointer back in each call of the callback, all of them before this function returns.
        let reading = Reading()
        return withExtendedLifetime(reading) {
            request.body.withUnsafeBytes { body in
                set(CURLOPT_HTTPHEADER, list)
                set(CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress))
                ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
                set(CURLOPT_TIMEOUT_MS, request.timeout.wholeMilliseconds)
                set(CURLOPT_CONNECTTIMEOUT_MS, request.timeout.wholeMilliseconds)
                ccurl_set_write(easy, countAnswer, Unmanaged.passUnretained(reading).toOpaque())
                set(credentials)
                defer {
                    set(HTTPCredentials.none)
                    set(CURLOPT_POSTFIELDS, nil as UnsafeMutableRawPointer?)
                    set(CURLOPT_HTTPHEADER, nil as UnsafeMutableRawPointer?)
                }
                return answer(perform(deadline), answerIsTooLong: reading.isTooLong, timeout: request.timeout)
            }
        }
    }

    /// The code of the ended transfer; nil when the deadline came first.
    private func perform(_ deadline: () -> ContinuousClock.Instant?) -> CURLcode? {
        errorText[0] = 0
        curl_multi_add_handle(multi, easy)
        defer { curl_multi_remove_handle(multi, easy) }
        while true {
            var running: Int32 = 0
            guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
            if running == 0 { break }
            var pause = Self.glance
            if let deadline = deadline() {
                pause = min(pause, ContinuousClock.now.duration(to: deadline))
                if pause <= .zero { return nil }
            }
            curl_multi_poll(multi, nil, 0, Int32(pause.wholeMilliseconds), nil)
        }
        var left: Int32 = 0
        guard let message = curl_multi_info_read(multi, &left) else { return CURLE_FAILED_INIT }
        return message.pointee.data.result
    }

    private func answer(_ code: CURLcode?, answerIsTooLong: Bool, timeout: Duration) -> HTTPAnswer {
        guard let code else {
            return .failed(.stopped, reason: "\(endpoint.shown) had not answered when it was time to stop")
        }
        guard code == CURLE_OK || (code == CURLE_WRITE_ERROR && answerIsTooLong) else {
            return failure(code, timeout: timeout)
        }
        var status = 0
        var seconds: curl_off_t = 0
        ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        ccurl_get_offset(easy, CURLINFO_RETRY_AFTER, &seconds)
        return .status(status, retryAfter: seconds > 0 ? .seconds(Int64(seconds)) : nil)
    }

    private func failure(_ code: CURLcode, timeout: Duration) -> HTTPAnswer {
        let shown = endpoint.shown
        var number = 0
        ccurl_get_long(easy, CURLINFO_OS_ERRNO, &number)
        let errno = number == 0 ? "" : ": \(Errno(rawValue: CInt(number)))".lowercased()
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            return .failed(.transport, reason: "cannot find the host of \(shown)")
        case CURLE_COULDNT_CONNECT:
            return .failed(.transport, reason: "cannot connect to \(shown)\(errno)")
        case CURLE_OPERATION_TIMEDOUT:
            return .failed(.transport, reason: "\(shown) did not answer within \(timeout)")
        case CURLE_GOT_NOTHING:
            return .failed(.transport, reason: "\(shown) closed the connection without an answer")
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE:
            return .failed(.transport, reason: "the connection to \(shown) broke off\(errno)")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CRL_BADFILE:
            // libcurl's own words name the certificate file or what is wrong with the peer's, and no secret.
            let text = errorText[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
            return .failed(.verification, reason: "no trusted connection to \(shown): \(text)")
        default:
            let text = String(cString: curl_easy_strerror(code))
            return .failed(.transport, reason: "the request to \(shown) failed: \(text)")
        }
    }
}

// MARK: - Options

extension HTTPClient {
    private func setPolicy() -> Bool {
        // Signals for time-outs of the resolver would hit other threads.
        set(CURLOPT_NOSIGNAL, 1)
            && set(CURLOPT_POST, 1)
            && set(CURLOPT_PROTOCOLS_STR, "http,https")
            // A redirect would take the batch, and with older servers the credentials, somewhere nobody configured.
            && set(CURLOPT_FOLLOWLOCATION, 0)
            && set(CURLOPT_LOW_SPEED_LIMIT, 1)
            && set(CURLOPT_LOW_SPEED_TIME, Self.silenceSeconds)
            // Else a stopped look-up of the host is waited for at the end.
            && set(CURLOPT_QUICK_EXIT, 1)
            && set(CURLOPT_ERRORBUFFER, errorText)
    }

    private func setTLS() -> Bool {
        let version =
            switch tls.minVersion {
            case .tls12: CURL_SSLVERSION_TLSv1_2
            case .tls13: CURL_SSLVERSION_TLSv1_3
            }
        return set(CURLOPT_SSLVERSION, version)
            && set(CURLOPT_SSL_VERIFYPEER, tls.insecureSkipVerify ? 0 : 1)
            && set(CURLOPT_SSL_VERIFYHOST, tls.insecureSkipVerify ? 0 : 2)
            // Certificates are read again when they change: libcurl would keep them for a day.
            && set(CURLOPT_CA_CACHE_TIMEOUT, 0)
            && (tls.caFile.map { set(CURLOPT_CAINFO, $0) } ?? true)
            && (tls.certFile.map { set(CURLOPT_SSLCERT, $0) } ?? true)
            && (tls.keyFile.map { set(CURLOPT_SSLKEY, $0) } ?? true)
    }

    /// The URL; with `serverName`, the URL of that name, connected to the host that was configured.
    private mutating func setTarget() -> Bool {
        guard let name = tls.serverName else { return set(CURLOPT_URL, endpoint.url) }
        guard let url = endpoint.url(withHost: name) else { return false }
        let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
        connectTo = curl_slist_append(nil, "::\(host):\(endpoint.port)")
        return set(CURLOPT_URL, url) && set(CURLOPT_CONNECT_TO, connectTo)
    }

    /// Opens a new connection after a certificate file has changed; the open one was made with the old one.
    private mutating func renewCertificates() {
        let files = [tls.caFile, tls.certFile, tls.keyFile].compactMap(\.self)
        let stamps = files.map { FileStamp(path: $0) }
        set(CURLOPT_FRESH_CONNECT, stamps == certificates ? 0 : 1)
        certificates = stamps
    }

    private func set(_ credentials: HTTPCredentials) {
        switch credentials {
        case .none:
            for option in [CURLOPT_XOAUTH2_BEARER, CURLOPT_USERNAME, CURLOPT_PASSWORD] { set(option, nil as String?) }
        // The values of CURLAUTH_BEARER and CURLAUTH_BASIC, whose casts Swift does not import.
        case .bearer(let token):
            set(CURLOPT_HTTPAUTH, 1 << 6)
            set(CURLOPT_XOAUTH2_BEARER, token)
        case .basic(let username, let password):
            set(CURLOPT_HTTPAUTH, 1 << 0)
            set(CURLOPT_USERNAME, username)
            set(CURLOPT_PASSWORD, password)
        }
    }

    @discardableResult private func set(_ option: CURLoption, _ value: Int) -> Bool {
        ccurl_set_long(easy, option, value) == CURLE_OK
    }

    @discardableResult private func set(_ option: CURLoption, _ value: String?) -> Bool {
        ccurl_set_string(easy, option, value) == CURLE_OK
    }

    @discardableResult private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) -> Bool {
        ccurl_set_pointer(easy, option, value) == CURLE_OK
    }

    @discardableResult private func set(_ option: CURLoption, _ list: UnsafeMutablePointer<curl_slist>?) -> Bool {
        ccurl_set_pointer(easy, option, list) == CURLE_OK
    }

    @discardableResult private func set(_ option: CURLoption, _ text: UnsafeMutablePointer<CChar>) -> Bool {
        ccurl_set_pointer(easy, option, text) == CURLE_OK
    }
}
