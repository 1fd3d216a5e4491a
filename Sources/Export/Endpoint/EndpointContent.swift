package import Model

/// What a request is answered with.
package struct EndpointAnswer: Sendable {
    package var status: EndpointStatus
    package var contentType: String
    package var body: [UInt8]

    package init(_ status: EndpointStatus = .fine, contentType: String, body: [UInt8]) {
        (self.status, self.contentType, self.body) = (status, contentType, body)
    }

    /// A sentence for a person.
    package init(_ status: EndpointStatus, _ sentence: String? = nil) {
        let text = (sentence ?? status.sentence) + "\n"
        self.init(status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
}

/// What a local endpoint has to show; asked on the endpoint's own thread.
package protocol EndpointContent: Sendable {
    func answer(_ resource: EndpointResource, to head: RequestHead) -> EndpointAnswer
    /// Something that is to be counted has happened.
    func note(_ change: (inout EndpointAccount) -> Void)
}

/// What the log should say about an endpoint.
package enum EndpointEvent: Sendable, Equatable {
    /// The token's file cannot be read, so nobody is let in.
    case noToken(String)
    /// No connection can be taken for now, because of what the system says.
    case noRoom(String)
}
