/// The first lines of a request to the local endpoint (RFC 9112), as far as the endpoint looks at them.
///
/// Read strictly: what two readers could read in two ways is refused, not mended.
package struct RequestHead: Sendable, Equatable {
    package enum Method: Sendable, Equatable { case get, head, other }

    package var method: Method
    /// As it was sent: nothing is decoded, since no path of ours needs it.
    package var path: String
    package var host: String?
    package var accept: String?
    package var authorization: String?
    /// Whether the client wants to ask more on this connection.
    package var keepsAlive: Bool

    package init(
        method: Method, path: String, host: String? = nil, accept: String? = nil, authorization: String? = nil,
        keepsAlive: Bool = true
    ) {
        (self.method, self.path, self.host, self.accept) = (method, path, host, accept)
        (self.authorization, self.keepsAlive) = (authorization, keepsAlive)
    }

    /// More bytes than this and no end: the request is refused.
    package static let longest = 8 << 10

    package enum Reading: Sendable, Equatable {
        case incomplete
        /// - Parameter length: bytes of the head; what follows is another request.
        case head(RequestHead, length: Int)
        case refused(EndpointStatus)
    }

    /// Reads the head at the beginning of what came.
    package static func read(_ bytes: some RandomAccessCollection<UInt8>) -> Reading {
        guard let end = endOfHead(bytes.prefix(longest)) else {
            return bytes.count >= longest ? .refused(.headTooLarge) : .incomplete
        }
        let lines = bytes.prefix(end).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines[lines.count - 2].elementsEqual("\r".utf8) else { return .refused(.badRequest) }
        var texts: [String] = []
        for line in lines.dropLast(2) {
            guard line.last == UInt8(ascii: "\r"), let text = text(line.dropLast()) else {
                return .refused(.badRequest)
            }
            texts.append(text)
        }
        guard let first = texts.first, var head = Self(requestLine: first) else { return .refused(.badRequest) }
        let isOld = first.hasSuffix("HTTP/1.0")
        head.keepsAlive = !isOld
        var seen: Set<String> = []
        for line in texts.dropFirst() {
            guard let (name, value) = header(line) else { return .refused(.badRequest) }
            // What is there twice, one reader takes the first of and another the last.
            let isNew = seen.insert(name).inserted
            switch name {
            case "host", "authorization": if !isNew { return .refused(.badRequest) }
            // Of other methods nobody reads the body: the connection ends with the answer.
            case "content-length" where head.method != .other:
                if !isNew || value != "0" { return .refused(.badRequest) }
            case "transfer-encoding" where head.method != .other: return .refused(.badRequest)
            default: break
            }
            head.take(name, value)
        }
        if head.host == nil, !isOld { return .refused(.badRequest) }
        return .head(head, length: end)
    }

    private init?(requestLine: String) {
        let parts = requestLine.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0", parts[1].hasPrefix("/"),
            !parts[0].isEmpty, parts[0].utf8.allSatisfy(Self.isTokenByte),
            parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        let method: Method = parts[0] == "GET" ? .get : parts[0] == "HEAD" ? .head : .other
        self.init(method: method, path: String(parts[1].prefix { $0 != "?" }))
    }

    private mutating func take(_ name: String, _ value: String) {
        switch name {
        case "host": host = value
        case "authorization": authorization = value
        case "accept": accept = accept.map { "\($0),\(value)" } ?? value
        case "connection":
            for word in value.split(separator: ",") {
                switch word.trimmed.lowercased() {
                case "close": keepsAlive = false
                case "keep-alive": keepsAlive = true
                default: break
                }
            }
        default: break
        }
    }

    // MARK: - Bytes

    /// Where the empty line ends; nil as long as there is none.
    private static func endOfHead(_ bytes: some RandomAccessCollection<UInt8>) -> Int? {
        var (previous, count) = (UInt8(0), 0)
        for byte in bytes {
            count += 1
            // A bare newline before a newline ends the head, too: its line is refused for it.
            if byte == UInt8(ascii: "\n"), previous == UInt8(ascii: "\n") { return count }
            if byte == UInt8(ascii: "\n") || byte != UInt8(ascii: "\r") { previous = byte }
        }
        return nil
    }

    /// Nil for bytes that no header has.
    private static func text(_ line: some Collection<UInt8>) -> String? {
        guard line.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else { return nil }
        return String(validating: line, as: UTF8.self)
    }

    private static func header(_ line: String) -> (name: String, value: String)? {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].utf8.allSatisfy(isTokenByte)
        else { return nil }
        return (line[..<colon].lowercased(), String(line[line.index(after: colon)...].trimmed))
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension Substring {
    /// Without the blanks around it.
    var trimmed: Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        let start = self.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return start.prefix(0) }
        return start[...last]
    }
}
