import CCurl

extension HTTPClient {
    /// A peer that moves less than a byte a second for so long is taken for dead, however long the time-out.
    static var silenceSeconds: Int { 60 }

    func setPolicy() -> Bool {
        // Signals for time-outs of the resolver would hit other threads.
        set(CURLOPT_NOSIGNAL, 1)
            && set(CURLOPT_POST, 1)
            && set(CURLOPT_PROTOCOLS_STR, "http,https")
            // A redirect would take the batch, and with older servers the credentials, somewhere nobody configured.
            && set(CURLOPT_FOLLOWLOCATION, 0)
            && set(CURLOPT_CONNECTTIMEOUT_MS, connectTimeout.wholeMilliseconds)
            && set(CURLOPT_LOW_SPEED_LIMIT, 1)
            && set(CURLOPT_LOW_SPEED_TIME, Self.silenceSeconds)
            // Else a stopped look-up of the host is waited for at the end.
            && set(CURLOPT_QUICK_EXIT, 1)
            && set(CURLOPT_ERRORBUFFER, errorText)
    }

    func setTLS() -> Bool {
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

    /// Empty strings keep libcurl from taking a proxy, or exceptions from one, from the environment.
    func setRoute() -> Bool {
        guard set(CURLOPT_NOPROXY, "") else { return false }
        return switch route {
        case .direct: set(CURLOPT_PROXY, "")
        case .socket(let path): set(CURLOPT_PROXY, "") && set(CURLOPT_UNIX_SOCKET_PATH, path)
        // What the proxy answers to CONNECT is not the collector's.
        case .proxy(let proxy): set(CURLOPT_PROXY, proxy.address) && set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        }
    }

    /// The URL; with `serverName`, the URL of that name, connected to the host that was configured.
    mutating func setTarget() -> Bool {
        guard let name = tls.serverName else { return set(CURLOPT_URL, endpoint.url) }
        guard let url = endpoint.url(withHost: name) else { return false }
        let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
        connectTo = curl_slist_append(nil, "::\(host):\(endpoint.port)")
        return set(CURLOPT_URL, url) && set(CURLOPT_CONNECT_TO, connectTo)
    }

    /// Opens a new connection after a certificate file has changed; the open one was made with the old one.
    mutating func renewCertificates() {
        let files = [tls.caFile, tls.certFile, tls.keyFile].compactMap(\.self)
        let stamps = files.map { FileStamp(path: $0) }
        set(CURLOPT_FRESH_CONNECT, stamps == certificates ? 0 : 1)
        certificates = stamps
    }

    func set(_ credentials: HTTPCredentials) {
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

    func setProxy(_ credentials: HTTPCredentials) {
        guard case .basic(let username, let password) = credentials else {
            for option in [CURLOPT_PROXYUSERNAME, CURLOPT_PROXYPASSWORD] { set(option, nil as String?) }
            return
        }
        set(CURLOPT_PROXYAUTH, 1 << 0)
        set(CURLOPT_PROXYUSERNAME, username)
        set(CURLOPT_PROXYPASSWORD, password)
    }

    @discardableResult func set(_ option: CURLoption, _ value: Int) -> Bool {
        ccurl_set_long(easy, option, value) == CURLE_OK
    }

    @discardableResult func set(_ option: CURLoption, _ value: String?) -> Bool {
        ccurl_set_string(easy, option, value) == CURLE_OK
    }

    @discardableResult func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) -> Bool {
        ccurl_set_pointer(easy, option, value) == CURLE_OK
    }

    @discardableResult func set(_ option: CURLoption, _ list: UnsafeMutablePointer<curl_slist>?) -> Bool {
        ccurl_set_pointer(easy, option, list) == CURLE_OK
    }

    @discardableResult func set(_ option: CURLoption, _ text: UnsafeMutablePointer<CChar>) -> Bool {
        ccurl_set_pointer(easy, option, text) == CURLE_OK
    }
}
