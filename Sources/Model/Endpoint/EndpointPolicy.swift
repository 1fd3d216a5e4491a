/// What there is at the local endpoint.
package enum EndpointResource: String, Sendable, CaseIterable {
    case page = "/"
    case style = "/page.css"
    case script = "/page.js"
    case metrics = "/metrics"
    case health = "/healthz"
    case units = "/api/v1/units"
    case status = "/api/v1/status"
    case alerts = "/api/v1/alerts"

    /// Whether anything of this host is in it: the page is the same everywhere, and asks for the token itself.
    package var holdsData: Bool {
        switch self {
        case .page, .style, .script: false
        default: true
        }
    }
}

/// Who is answered at an address, and with what.
package struct EndpointPolicy: Sendable, Equatable {
    package enum Binding: Sendable, Equatable {
        /// A socket file: its permissions say who may come.
        case unix
        /// A port, and the address or name that the configuration has for it.
        case tcp(host: String)
    }

    package enum Decision: Sendable, Equatable {
        case serve(EndpointResource)
        case refuse(EndpointStatus)
    }

    package var binding: Binding
    /// Whether a token is asked for.
    package var hasToken: Bool

    package init(binding: Binding, hasToken: Bool) { (self.binding, self.hasToken) = (binding, hasToken) }

    /// What becomes of a request.
    ///
    /// - Parameter isToken: whether what the client shows is the token; asked only where there is one.
    package func decide(_ head: RequestHead, isToken: (String) -> Bool) -> Decision {
        guard servesHost(head.host) else { return .refuse(.forbiddenHost) }
        guard head.method != .other else { return .refuse(.otherMethod) }
        guard let resource = EndpointResource(rawValue: head.path) else { return .refuse(.notFound) }
        if hasToken, resource.holdsData {
            guard let token = Self.bearer(head.authorization), isToken(token) else { return .refuse(.needsToken) }
        }
        return .serve(resource)
    }

    /// Whether the request was meant for this endpoint.
    ///
    /// A page from elsewhere can have its own name lead to 127.0.0.1 (DNS rebinding) and read what is there; what it
    /// cannot do is to ask by another name than its own. With a token it could not ask at all.
    private func servesHost(_ host: String?) -> Bool {
        guard case .tcp(let bound) = binding, !hasToken else { return true }
        guard let name = host.flatMap(Self.name) else { return false }
        return name == "localhost" || name == bound.lowercased() || Self.isLoopbackAddress(name)
    }

    /// The name in a header Host, in lower case and without port and brackets; nil when it is no name.
    private static func name(_ host: String) -> String? {
        let host = host.lowercased()
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            return isPort(host[host.index(after: end)...]) ? String(host[..<end].dropFirst()) : nil
        }
        let name = host.prefix { $0 != ":" }
        return !name.isEmpty && isPort(host[name.endIndex...]) ? String(name) : nil
    }

    /// Any: what is reached through a tunnel has another one here.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.hasPrefix(":") && text.dropFirst().allSatisfy { ("0"..."9").contains($0) })
    }

    private static func isLoopbackAddress(_ name: String) -> Bool {
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return name == "::1" || (numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil))
    }

    private static func bearer(_ authorization: String?) -> String? {
        guard let authorization, authorization.prefix(7).lowercased() == "bearer " else { return nil }
        return String(authorization.dropFirst(7).trimmed)
    }
}

extension String {
    /// Whether both are the same, in a time that says nothing of where they differ.
    package func isSameSecret(as other: String) -> Bool {
        let (mine, theirs) = (Array(utf8), Array(other.utf8))
        var difference = mine.count ^ theirs.count
        for position in mine.indices {
            difference |= Int(mine[position] ^ (theirs.isEmpty ? 0 : theirs[position % theirs.count]))
        }
        return difference == 0
    }
}
