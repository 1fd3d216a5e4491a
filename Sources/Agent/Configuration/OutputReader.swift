internal import Export
internal import Model

/// Makes an output of its tables, and finds what is wrong between keys that are right by themselves.
struct OutputReader {
    let output: SectionValues
    private let tls: SectionValues
    private let retry: SectionValues
    let spool: SectionValues

    init(_ output: SectionValues, among sections: [SectionValues]) {
        func section(_ kind: SectionKind, _ name: String) -> SectionValues {
            let key = output.key.appending(name)
            return sections.first { $0.key == key } ?? SectionValues(kind: kind, key: key)
        }
        self.output = output
        tls = section(.outputTLS, "tls")
        retry = section(.outputRetry, "retry")
        spool = section(.outputSpool, "spool")
    }

    /// The output, or nil when what it needs most is missing, which has been told already.
    func settings() -> OutputSettings? {
        guard let kind = kind() else { return nil }
        var settings = OutputSettings(name: output.key.last, kind: kind)
        settings.groupBy = Grouping(keys.compactMap(Grouping.Key.init))
        return settings
    }

    /// The words of `group_by`, in the order of the file.
    private var keys: [String] {
        if case .strings(let words)? = output.values["group_by"] { words } else { [] }
    }

    private func kind() -> OutputSettings.Kind? {
        switch output.string("type") {
        case "http"?: output.string("url").map { .http(http(url: $0)) }
        case "file"?: output.string("path").map { .file(file(path: $0)) }
        case "stdout"?: .stdout(stdout())
        default: nil
        }
    }

    func http(url: String) -> HTTPOptions {
        var options = HTTPOptions(url: url)
        output.read("format", into: &options.format)
        output.read("compression", into: &options.compression)
        output.read("timeout", into: &options.timeout)
        output.read("connect_timeout", into: &options.connectTimeout)
        output.read("unix_socket", into: &options.unixSocket)
        output.read("proxy", into: &options.proxy)
        output.read("proxy_username", into: &options.proxyUsername)
        output.read("proxy_password_file", into: &options.proxyPasswordFile)
        output.read("bearer_token_file", into: &options.bearerTokenFile)
        output.read("username", into: &options.username)
        output.read("password_file", into: &options.passwordFile)
        output.read("headers", into: &options.headers)
        output.read("max_batch_bytes", into: &options.maxBatchBytes)
        output.read("allow_insecure_auth", into: &options.allowInsecureAuth)
        tls.read("ca_file", into: &options.tls.caFile)
        tls.read("cert_file", into: &options.tls.certFile)
        tls.read("key_file", into: &options.tls.keyFile)
        tls.read("server_name", into: &options.tls.serverName)
        tls.read("min_version", into: &options.tls.minVersion)
        tls.read("insecure_skip_verify", into: &options.tls.insecureSkipVerify)
        retry.read("initial", into: &options.retry.initial)
        retry.read("max", into: &options.retry.max)
        spool.read("max_bytes", into: &options.spool.maxBytes)
        spool.read("max_age", into: &options.spool.maxAge)
        return options
    }

    func file(path: String) -> FileOptions {
        var options = FileOptions(path: path)
        output.read("format", into: &options.format)
        output.read("max_batch_bytes", into: &options.maxBatchBytes)
        output.read("max_waiting_bytes", into: &options.maxWaitingBytes)
        output.read("rotate_size", into: &options.rotateSize)
        output.read("rotate_every", into: &options.rotateEvery)
        output.read("keep_files", into: &options.keepFiles)
        output.read("keep_bytes", into: &options.keepBytes)
        output.read("compress", into: &options.compress)
        return options
    }

    private func stdout() -> StdoutOptions {
        var options = StdoutOptions()
        output.read("format", into: &options.format)
        output.read("max_batch_bytes", into: &options.maxBatchBytes)
        output.read("max_waiting_bytes", into: &options.maxWaitingBytes)
        return options
    }

    // MARK: - What does not go together

    func check(_ problems: inout ProblemCollector) {
        for (index, word) in keys.enumerated() where keys[..<index].contains(word) {
            problems.value(output.key.appending("group_by").appending(index), "group_by has \"\(word)\" twice")
        }
        if let path = output.string("path"), output.string("type") == "file" {
            let options = file(path: path)
            if options.rotateSize > options.keepBytes {
                let key = output.present.contains("keep_bytes") ? "keep_bytes" : "rotate_size"
                let sentence = "keep_bytes is less than rotate_size: one old file alone may be bigger"
                problems.key(output.key.appending(key), sentence, .warning)
            }
        }
        checkBounds(&problems)
        guard output.string("type") == "http" else { return }
        checkRequest(&problems)
        checkCredentials(&problems)
        checkRoute(&problems)
        if tls.string("key_file") != nil, !tls.present.contains("cert_file") || tls.values["cert_file"] == .string("") {
            problems.key(tls.key.appending("key_file"), "key_file needs cert_file")
        }
        if tls.values["insecure_skip_verify"] == .boolean(true) {
            let sentence = "insecure_skip_verify: whoever sits on the way can read and change what is sent"
            problems.key(tls.key.appending("insecure_skip_verify"), sentence, .warning)
        }
        if let address = address, !address.isEncrypted, !tls.present.isEmpty {
            problems.key(tls.key, "[\(tls.key)] has no effect: the url is not https", .warning)
        }
        let options = http(url: "")
        if options.retry.initial > options.retry.max {
            let key = retry.values["initial"] == nil ? "max" : "initial"
            problems.value(retry.key.appending(key), "initial must not be longer than max")
        }
    }

    var address: WebAddress? { output.string("url").flatMap { try? WebAddress($0) } }

    private func checkCredentials(_ problems: inout ProblemCollector) {
        let token = output.string("bearer_token_file") != nil
        let password = ["username", "password_file"].first { output.string($0) != nil }
        let header = secretHeaders.first { $0.lowercased() == "authorization" }
        if token, let password {
            let sentence = "\(password) and bearer_token_file exclude each other: keep one of them"
            problems.key(output.key.appending(password), sentence)
        } else if password == "username", isMissing("password_file") {
            problems.key(output.key.appending("username"), "username needs password_file")
        } else if password == "password_file", isMissing("username") {
            problems.key(output.key.appending("password_file"), "password_file needs username")
        }
        if let header, token || password != nil {
            let other = token ? "bearer_token_file" : "username"
            let key = output.key.appending("headers").appending(header)
            problems.key(key, "the header \(header) and \(other) exclude each other: keep one of them")
        }
        guard let address, !address.isEncrypted, !staysHere else { return }
        guard output.values["allow_insecure_auth"] != .boolean(true) else { return }
        let secret = token ? output.key.appending("bearer_token_file") : password.map { output.key.appending($0) }
        let place = secret ?? secretHeaders.first.map { output.key.appending("headers").appending($0) }
        guard let place else { return }
        let sentence =
            "credentials would cross the network readable by everyone: "
            + "use https, or set allow_insecure_auth = true"
        problems.key(place, sentence)
    }

    /// Whether a key is not set; one that is set wrong was told already.
    func isMissing(_ name: String) -> Bool {
        !output.present.contains(name) || output.values[name] == .string("")
    }

    /// The names of headers that carry credentials, going by their names.
    private var secretHeaders: [String] {
        guard case .table(let headers)? = output.values["headers"] else { return [] }
        return headers.keys.sorted().filter { name in
            let name = name.lowercased()
            return ["auth", "cookie", "key", "password", "secret", "token"].contains { name.contains($0) }
        }
    }
}
