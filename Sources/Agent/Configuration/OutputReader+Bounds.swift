internal import Export
internal import Model

/// What is wrong between sizes, times and headers that are right by themselves.
extension OutputReader {
    func checkBounds(_ problems: inout ProblemCollector) {
        // What stands in the file: the defaults fit each other.
        let isHTTP = output.string("type") == "http"
        let (name, section) = isHTTP ? ("max_bytes", spool) : ("max_waiting_bytes", output)
        let batch = isHTTP ? http(url: "").maxBatchBytes : file(path: "").maxBatchBytes
        guard case .integer(let kept)? = section.values[name], kept < batch else { return }
        let sentence =
            "\(name) is less than max_batch_bytes (\(ByteSize.configured(batch))): "
            + "a batch of that size could not be kept"
        problems.key(section.key.appending(name), sentence, .warning)
    }

    /// Times and headers of an output of type `http`.
    func checkRequest(_ problems: inout ProblemCollector) {
        let options = http(url: "")
        if options.connectTimeout > options.timeout, output.values["connect_timeout"] != nil {
            let sentence = "connect_timeout has no effect: timeout (\(options.timeout.configured)) comes first"
            problems.key(output.key.appending("connect_timeout"), sentence, .warning)
        }
        if options.format == .otlp, let url = output.string("url"), address != nil, Self.hasNoPath(url) {
            let sentence = "url has no path: most OTLP collectors take metrics at /v1/metrics alone"
            problems.value(output.key.appending("url"), sentence, .warning)
        }
        checkHeaders(&problems)
    }

    private func checkHeaders(_ problems: inout ProblemCollector) {
        guard case .table(let headers)? = output.values["headers"] else { return }
        var seen: [String: String] = [:]
        for name in headers.keys.sorted() {
            let key = output.key.appending("headers").appending(name)
            if HTTPOptions.isReserved(header: name) {
                problems.key(key, "the header \(ConfigurationKey.printable(name)) is set by the output itself")
            } else if let other = seen[name.lowercased()] {
                let pair = "\(ConfigurationKey.printable(other)) and \(ConfigurationKey.printable(name))"
                problems.key(key, "\(pair) are the same header: upper and lower case make no difference")
            }
            seen[name.lowercased()] = name
        }
    }

    private static func hasNoPath(_ url: String) -> Bool {
        guard let scheme = url.firstRange(of: "://") else { return false }
        return ["", "/"].contains(url[scheme.upperBound...].drop { !"/?".contains($0) })
    }
}
