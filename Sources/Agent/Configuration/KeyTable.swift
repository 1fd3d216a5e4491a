import Model

extension KeySpecification {
    static let outputTypes = ["http", "file", "stdout"]
    private static let formats = BatchFormat.allCases.map(\.rawValue)
    private static let aMillisecondToAnHour: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)
    private static let aSecondToTenYears: ClosedRange<Duration> = .seconds(1) ... .seconds(3650 * 86_400)
    private static let aKiBToAGiB = 1 << 10...1 << 30
    private static let aKiBToAnEiB = 1 << 10...1 << 60

    /// Every key there is, in the order of the manual.
    static let all: [KeySpecification] = [
        .init(.agent, "interval", .duration(.seconds(1) ... .seconds(3600)), "\"10s\""),
        .init(.agent, "state_dir", .path, "\"/var/lib/otagent\""),
        .init(.agent, "hostname", .string, "\"\""),
        .init(.agent, "shutdown_timeout", .duration(aMillisecondToAnHour), "\"5s\""),

        .init(.trace, "backend", .choice(["auto", "tracepoint", "fentry"]), "\"auto\""),
        .init(.trace, "pseudo_filesystems", .boolean, "false"),
        .init(.trace, "max_kernel_memory", .size(1 << 20...1 << 40), "\"64MiB\""),
        .init(.trace, "max_writers_per_unit", .integer(0...100_000), "50"),
        .init(.trace, "max_units", .integer(1...1_000_000), "10000"),
        .init(.trace, "fold_transient", .boolean, "true"),

        .init(.containers, "names", .boolean, "true"),
        .init(.containers, "state_dirs", .strings, "[]"),
        .init(.containers, "sockets", .strings, "[]"),
        .init(.containers, "socket_timeout", .duration(.milliseconds(1) ... .seconds(10)), "\"500ms\""),

        .init(.output, "type", .choice(outputTypes), nil),
        .init(.output, "url", .url, nil, only: ["http"]),
        .init(.output, "path", .path, nil, only: ["file"]),
        .init(.output, "format", .choice(formats), "\"json\" (http), \"ndjson\" (file, stdout)"),
        .init(.output, "group_by", .choices(Grouping.Key.allCases.map(\.rawValue)), "[]"),
        .init(.output, "max_batch_bytes", .size(aKiBToAGiB), "\"4MiB\""),
        .init(.output, "max_waiting_bytes", .size(aKiBToAGiB), "\"16MiB\"", only: ["file", "stdout"]),
        .init(.output, "compression", .choice(["gzip", "none"]), "\"gzip\"", only: ["http"]),
        .init(.output, "timeout", .duration(aMillisecondToAnHour), "\"10s\"", only: ["http"]),
        .init(.output, "connect_timeout", .duration(aMillisecondToAnHour), "\"5s\"", only: ["http"]),
        .init(.output, "unix_socket", .path, "\"\"", only: ["http"]),
        .init(.output, "proxy", .url, "\"\"", only: ["http"]),
        .init(.output, "proxy_username", .string, "\"\"", only: ["http"]),
        .init(.output, "proxy_password_file", .path, "\"\"", only: ["http"]),
        .init(.output, "bearer_token_file", .path, "\"\"", only: ["http"]),
        .init(.output, "username", .string, "\"\"", only: ["http"]),
        .init(.output, "password_file", .path, "\"\"", only: ["http"]),
        .init(.output, "headers", .stringTable, "{}", only: ["http"]),
        .init(.output, "allow_insecure_auth", .boolean, "false", only: ["http"]),
        .init(.output, "rotate_size", .size(aKiBToAnEiB), "\"64MiB\"", only: ["file"], zeroIsNever: true),
        .init(
            .output, "rotate_every", .duration(.seconds(60) ... .seconds(3650 * 86_400)), "\"24h\"", only: ["file"],
            zeroIsNever: true),
        .init(.output, "keep_files", .integer(1...100_000), "7", only: ["file"]),
        .init(.output, "keep_bytes", .size(aKiBToAnEiB), "\"512MiB\"", only: ["file"]),
        .init(.output, "compress", .choice(["gzip", "none"]), "\"gzip\"", only: ["file"]),

        .init(.outputTLS, "ca_file", .path, "\"\"", only: ["http"]),
        .init(.outputTLS, "cert_file", .path, "\"\"", only: ["http"]),
        .init(.outputTLS, "key_file", .path, "\"\"", only: ["http"]),
        .init(.outputTLS, "server_name", .string, "\"\"", only: ["http"]),
        .init(.outputTLS, "min_version", .choice(["1.2", "1.3"]), "\"1.2\"", only: ["http"]),
        .init(.outputTLS, "insecure_skip_verify", .boolean, "false", only: ["http"]),
        .init(.outputRetry, "initial", .duration(aMillisecondToAnHour), "\"1s\"", only: ["http"]),
        .init(.outputRetry, "max", .duration(aMillisecondToAnHour), "\"60s\"", only: ["http"]),
        .init(.outputSpool, "max_bytes", .size(1 << 20...1 << 60), "\"64MiB\"", only: ["http"]),
        .init(.outputSpool, "max_age", .duration(aSecondToTenYears), "\"24h\"", only: ["http"]),

        .init(.http, "listen", .string, "\"\""),
        .init(.http, "allow_remote", .boolean, "false"),
        .init(.http, "token_file", .path, "\"\""),
        .init(.http, "expire_after", .duration(aSecondToTenYears), "\"15m\""),

        .init(.watch, "slice", .string, "\"\""),
        .init(.watch, "unit", .string, "\"\""),
        .init(.watch, "container", .string, "\"\""),
        .init(.watch, "paths", .strings, "[]"),
        .init(.watch, "allow", .strings, "[]"),
        .init(.watch, "ops", .choices(WatchSettings.allOperations), "all"),
        .init(.watch, "urgent", .boolean, "false"),

        .init(.baseline, "enabled", .boolean, "false"),
        .init(.baseline, "learn_for", .duration(aSecondToTenYears), "\"24h\""),

        .init(.alerts, "exec", .strings, "[]"),
        .init(.alerts, "max_per_window", .integer(0...1_000_000), "100"),
    ]

    private static let bySection = Dictionary(grouping: all, by: \.section)

    static func keys(of section: SectionKind) -> [KeySpecification] { bySection[section, default: []] }
}
