import CCurl
import Model

/// One connection to one collector: the owner of a libcurl handle, for one thread.
///
/// The easy handle is driven through a multi handle, because `curl_easy_perform` looks at nothing for up to a second
/// while a peer is silent, and a shutdown must not wait for that.
struct HTTPClient: ~Copyable {
    /// How soon a request notices that its deadline has been set or moved.
    private static let glance: Duration = .milliseconds(50)

    /// How long the end of an answer is waited for whose body nobody needs: a connection that is read to its end serves
    /// the next request, too, and one that ends with the answer need not be broken off.
    private static let patience: Duration = .seconds(1)

    private static let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    let errorText: UnsafeMutablePointer<CChar>
    let endpoint: Endpoint
    let route: Route
    let tls: TLSOptions
    let connectTimeout: Duration
    var connectTo: UnsafeMutablePointer<curl_slist>?
    var certificates: [FileStamp?] = []

    /// A client with all its options set.
    static func ready(
        for endpoint: Endpoint, by route: Route, options: HTTPOptions
    ) throws(SinkProblem) -> HTTPClient {
        var client = try HTTPClient(endpoint, route, options)
        guard client.setPolicy(), client.setTLS(), client.setRoute(), client.setTarget() else {
            throw .unusable("this libcurl lacks what \(endpoint.shown) needs: version 7.87 or later, with TLS")
        }
        return client
    }

    private init(_ endpoint: Endpoint, _ route: Route, _ options: HTTPOptions) throws(SinkProblem) {
        guard Self.libraryIsReady, let easy = curl_easy_init() else {
            throw .unusable("libcurl cannot be started")
        }
        guard let multi = curl_multi_init() else {
            curl_easy_cleanup(easy)
            throw .unusable("libcurl cannot be started")
        }
        (self.easy, self.multi, self.endpoint, self.route, tls) = (easy, multi, endpoint, route, options.tls)
        connectTimeout = min(options.connectTimeout, options.timeout)
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
        _ request: HTTPRequest, credentials: HTTPCredentials, proxy: HTTPCredentials = .none,
        deadline: () -> ContinuousClock.Instant?
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
        let reading = AnswerReading()
        return withExtendedLifetime(reading) {
            request.body.withUnsafeBytes { body in
                set(CURLOPT_HTTPHEADER, list)
                set(CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress))
                ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
                set(CURLOPT_TIMEOUT_MS, request.timeout.wholeMilliseconds)
                reading.watch(easy)
                set(credentials)
                setProxy(proxy)
                defer {
                    set(HTTPCredentials.none)
                    setProxy(.none)
                    set(CURLOPT_POSTFIELDS, nil as UnsafeMutableRawPointer?)
                    set(CURLOPT_HTTPHEADER, nil as UnsafeMutableRawPointer?)
                }
                let code = perform(deadline) { isAnswered(reading, sent: body.count) && isBodyEnough(reading) }
                return answer(code, isAnswered(reading, sent: body.count), reading, timeout: request.timeout)
            }
        }
    }

    /// Whether the collector has said what became of the batch, whatever becomes of the rest of its answer.
    ///
    /// A yes to what it has not had the whole of is none.
    private func isAnswered(_ reading: AnswerReading, sent bytes: Int) -> Bool {
        guard reading.headEnded != nil else { return false }
        var sent: curl_off_t = 0
        ccurl_get_offset(easy, CURLINFO_SIZE_UPLOAD_T, &sent)
        return !(200...299 ~= status) || sent >= bytes
    }

    /// Whether the answer has had its time to end, and nobody needs the rest.
    private func isBodyEnough(_ reading: AnswerReading) -> Bool {
        guard let ended = reading.headEnded, ended.duration(to: .now) >= Self.patience else { return false }
        return !(200...299 ~= status && PartialSuccess.isPossible(contentType: contentType))
    }

    /// The code of the ended transfer; nil when the deadline came first, or when there was enough of the answer.
    private func perform(_ deadline: () -> ContinuousClock.Instant?, isEnough: () -> Bool) -> CURLcode? {
        errorText[0] = 0
        curl_multi_add_handle(multi, easy)
        defer { curl_multi_remove_handle(multi, easy) }
        while true {
            var running: Int32 = 0
            guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
            if running == 0 { break }
            if isEnough() { return nil }
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

    private func answer(
        _ code: CURLcode?, _ isAnswered: Bool, _ reading: AnswerReading, timeout: Duration
    ) -> HTTPAnswer {
        let hasHead = reading.headEnded != nil
        switch code {
        case CURLE_OK where hasHead: break
        case CURLE_WRITE_ERROR where reading.isTooLong: break
        // The collector said what became of the batch, then closed early, stayed silent or spoke nonsense: one whose
        // answers always end like that would else be sent the same batch for ever.
        case CURLE_PARTIAL_FILE where hasHead: break
        // A head that was cut may be of somebody who died over it: libcurl takes its status for an answer.
        case CURLE_OK: return failure(CURLE_PARTIAL_FILE, timeout: timeout)
        case nil where isAnswered, CURLE_OPERATION_TIMEDOUT where isAnswered, CURLE_RECV_ERROR where isAnswered: break
        case nil: return .failed(.stopped, reason: "\(endpoint.shown) had not answered when it was time to stop")
        case let code?: return failure(code, timeout: timeout)
        }
        let isTaken = 200...299 ~= status
        let rejected =
            isTaken ? PartialSuccess.rejectedPoints(contentType: contentType, body: reading.whole ?? []) : 0
        return .status(status, retryAfter: retryAfter, rejectedPoints: rejected)
    }

    private var status: Int { number(CURLINFO_RESPONSE_CODE) }

    private var retryAfter: Duration? {
        var seconds: curl_off_t = 0
        ccurl_get_offset(easy, CURLINFO_RETRY_AFTER, &seconds)
        if seconds > 0 { return .seconds(Int64(seconds)) }
        // A number that libcurl has no room for asks for longer than anybody waits.
        var header: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(easy, "Retry-After", 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK,
            let value = header?.pointee.value.map({ String(cString: $0) }), value.utf8.count > 18,
            value.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return nil }
        return Backoff.longestRetryAfter
    }

    private var contentType: String? {
        var text: UnsafePointer<CChar>?
        guard ccurl_get_string(easy, CURLINFO_CONTENT_TYPE, &text) == CURLE_OK, let text else { return nil }
        return String(cString: text)
    }

    func number(_ info: CURLINFO) -> Int {
        var number = 0
        ccurl_get_long(easy, info, &number)
        return number
    }
}
