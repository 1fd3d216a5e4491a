/// How the local endpoint answers.
package enum EndpointStatus: Int, Sendable, CaseIterable {
    case fine = 200
    case badRequest = 400
    case needsToken = 401
    case forbiddenHost = 403
    case notFound = 404
    case otherMethod = 405
    case tooSlow = 408
    case headTooLarge = 431
    case unavailable = 503

    /// As in the status line (RFC 9110).
    package var phrase: String {
        switch self {
        case .fine: "OK"
        case .badRequest: "Bad Request"
        case .needsToken: "Unauthorized"
        case .forbiddenHost: "Forbidden"
        case .notFound: "Not Found"
        case .otherMethod: "Method Not Allowed"
        case .tooSlow: "Request Timeout"
        case .headTooLarge: "Request Header Fields Too Large"
        case .unavailable: "Service Unavailable"
        }
    }

    /// What a person reads of a request that was not answered; nothing of the request is in it.
    package var sentence: String {
        switch self {
        case .fine: "fine"
        case .badRequest: "this is no request that is understood here: GET or HEAD, without a body, in HTTP/1.1"
        case .needsToken: "a token is needed: Authorization: Bearer TOKEN"
        case .forbiddenHost: "this name is not served here: use localhost or the address that [http] listen has"
        case .notFound: "there is no such page; there are /, /metrics, /healthz and /api/v1/units, status, alerts"
        case .otherMethod: "only GET and HEAD are answered"
        case .tooSlow: "the request took too long"
        case .headTooLarge: "the head of the request is larger than 8 KiB"
        case .unavailable: "not now"
        }
    }
}
