import CCurl
import Model
import SystemPackage

extension HTTPClient {
    /// What an attempt without an answer means, in words that are the same each time.
    ///
    /// What libcurl says itself names files and what is wrong with a peer's certificate, and no secret.
    func failure(_ code: CURLcode, timeout: Duration) -> HTTPAnswer {
        let shown = endpoint.shown
        let peer = route.shown(to: endpoint)
        if let refusal = proxyRefusal { return refusal }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            return .failed(.connect, reason: "cannot find the host of \(shown)")
        case CURLE_COULDNT_RESOLVE_PROXY:
            return .failed(.connect, reason: "cannot find the host of \(peer)")
        case CURLE_COULDNT_CONNECT:
            return .failed(.connect, reason: "cannot connect to \(peer)\(errno)")
        case CURLE_OPERATION_TIMEDOUT:
            return .failed(.timeout, reason: timedOut(after: timeout))
        case CURLE_GOT_NOTHING:
            return .failed(.transport, reason: "\(shown) closed the connection without an answer")
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE:
            // With TLS 1.3 a peer that does not like our certificate says so after the handshake.
            if text.contains(" alert ") { return .failed(.verification, reason: untrusted) }
            return .failed(.transport, reason: "the connection to \(shown) broke off\(errno)")
        case CURLE_SSL_CONNECT_ERROR where brokeOff:
            return .failed(.transport, reason: "the connection to \(shown) broke off before TLS was set up")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CRL_BADFILE, CURLE_SSL_CONNECT_ERROR:
            let reason = text.isEmpty ? "\(untrusted)\(String(cString: curl_easy_strerror(code)))" : untrusted
            return .failed(.verification, reason: reason)
        default:
            let text = String(cString: curl_easy_strerror(code))
            return .failed(.transport, reason: "the request to \(shown) failed: \(text)")
        }
    }

    private var untrusted: String { "no trusted connection to \(endpoint.shown): \(text)" }

    /// Whether a handshake ended because the peer went away, and not because of what either side thinks of the other:
    /// OpenSSL has words for that and no code.
    private var brokeOff: Bool { !text.contains(" routines:") || text.contains("unexpected eof") }

    private var text: String { String(cString: errorText) }

    private var errno: String {
        let number = number(CURLINFO_OS_ERRNO)
        return number == 0 ? "" : ": \(Errno(rawValue: CInt(number)))".lowercased()
    }

    private func timedOut(after timeout: Duration) -> String {
        if text.hasPrefix("Operation too slow") {
            return "\(endpoint.shown) moved nothing for \(Self.silenceSeconds) seconds"
        }
        var sent: curl_off_t = 0
        ccurl_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T, &sent)
        guard sent == 0 else { return "\(endpoint.shown) did not answer within \(timeout)" }
        return "cannot connect to \(route.shown(to: endpoint)) within \(connectTimeout)"
    }

    /// The answer of a proxy that does not let us through: nothing of it is about the batch.
    private var proxyRefusal: HTTPAnswer? {
        let status = number(CURLINFO_HTTP_CONNECTCODE)
        guard case .proxy = route, status >= 300 else { return nil }
        let reason = "\(route.shown(to: endpoint)) answered \(status)"
        return .failed(DeliveryClass(status: status) == .retry ? .transport : .proxy, reason: reason)
    }
}
