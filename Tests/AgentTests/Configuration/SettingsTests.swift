import Export
import Model
import Testing

@testable import Agent

@Suite struct SettingsTests {
    @Test func everyKeyOfTheFileReachesTheSettings() throws {
        let settings = try settings(
            """
            outputs.a = { type = "stdout", format = "json", max_batch_bytes = "1MiB", max_waiting_bytes = "2MiB" }
            [agent]
            interval = "1m30s"
            state_dir = "/s"
            hostname = "h"
            shutdown_timeout = "500ms"
            [trace]
            backend = "tracepoint"
            pseudo_filesystems = true
            max_kernel_memory = "10MB"
            max_writers_per_unit = 0
            max_units = "${UNITS}"
            fold_transient = "${FOLD:-false}"
            [containers]
            names = false
            state_dirs = ["/srv/docker"]
            sockets = ["unix:/run/docker.sock"]
            socket_timeout = "1s"
            [outputs.web]
            type = "http"
            url = "https://${HOST}/ingest"
            format = "ndjson"
            compression = "none"
            timeout = "3s"
            connect_timeout = "2s"
            unix_socket = "/run/c.sock"
            username = "u"
            password_file = "/p"
            headers = { X-Scope-OrgID = "sre", "X-B" = "$$" }
            max_batch_bytes = "512KiB"
            allow_insecure_auth = true
            group_by = ["unit", "pod"]
            tls.ca_file = "/ca"
            tls.cert_file = "/cert"
            tls.key_file = "/key"
            tls.server_name = "n"
            tls.min_version = "1.3"
            tls.insecure_skip_verify = true
            retry = { initial = "2s", max = "2s" }
            spool = { max_bytes = "1MiB", max_age = "1h" }
            [outputs.File_2]
            type = "file"
            path = "/f"
            format = "json"
            max_batch_bytes = "1MiB"
            max_waiting_bytes = "1MiB"
            rotate_size = "1KiB"
            rotate_every = "1h"
            keep_files = 1
            keep_bytes = "2KiB"
            compress = "none"
            [http]
            listen = "[::1]:0"
            allow_remote = true
            token_file = "/t"
            expire_after = "1m"
            [[watch]]
            slice = "s"
            unit = "u"
            container = "c"
            paths = ["/etc/**"]
            allow = ["/bin/x", "unit:a*", "comm:c", "uid:0"]
            ops = ["write"]
            urgent = true
            [[watch]]
            unit = "second"
            [baseline]
            enabled = true
            learn_for = "1h"
            [alerts]
            exec = ["/bin/notify", "-x"]
            max_per_window = 1
            """, environment: ["UNITS": "7", "HOST": "collector.example"])

        var expected = Settings()
        expected.agent.interval = .seconds(90)
        expected.agent.stateDir = "/s"
        expected.agent.hostname = "h"
        expected.agent.shutdownTimeout = .milliseconds(500)
        expected.trace.backend = .tracepoint
        expected.trace.pseudoFilesystems = true
        expected.trace.maxKernelMemory = 10_000_000
        expected.trace.maxWritersPerUnit = 0
        expected.trace.maxUnits = 7
        expected.trace.foldTransient = false
        expected.containers.names = false
        expected.containers.stateDirs = ["/srv/docker"]
        expected.containers.sockets = ["unix:/run/docker.sock"]
        expected.containers.socketTimeout = .seconds(1)
        var stdout = StdoutOptions()
        stdout.format = .json
        stdout.maxBatchBytes = 1 << 20
        stdout.maxWaitingBytes = 2 << 20
        var web = HTTPOptions(url: "https://collector.example/ingest")
        web.format = .ndjson
        web.compression = .none
        web.timeout = .seconds(3)
        web.connectTimeout = .seconds(2)
        web.unixSocket = "/run/c.sock"
        web.username = "u"
        web.passwordFile = "/p"
        web.headers = ["X-Scope-OrgID": "sre", "X-B": "$"]
        web.maxBatchBytes = 512 << 10
        web.allowInsecureAuth = true
        web.tls.caFile = "/ca"
        web.tls.certFile = "/cert"
        web.tls.keyFile = "/key"
        web.tls.serverName = "n"
        web.tls.minVersion = .tls13
        web.tls.insecureSkipVerify = true
        web.retry.initial = .seconds(2)
        web.retry.max = .seconds(2)
        web.spool.maxBytes = 1 << 20
        web.spool.maxAge = .seconds(3600)
        var file = FileOptions(path: "/f")
        file.format = .json
        file.maxBatchBytes = 1 << 20
        file.maxWaitingBytes = 1 << 20
        file.rotateSize = 1 << 10
        file.rotateEvery = .seconds(3600)
        file.keepFiles = 1
        file.keepBytes = 2 << 10
        file.compress = .none
        expected.outputs = [
            OutputSettings(name: "a", kind: .stdout(stdout)), OutputSettings(name: "web", kind: .http(web)),
            OutputSettings(name: "File_2", kind: .file(file)),
        ]
        expected.outputs[1].groupBy = Grouping([.unit, .pod])
        expected.http.listen = "[::1]:0"
        expected.http.allowRemote = true
        expected.http.tokenFile = "/t"
        expected.http.expireAfter = .seconds(60)
        var watch = WatchSettings()
        (watch.slice, watch.unit, watch.container) = ("s", "u", "c")
        watch.paths = ["/etc/**"]
        watch.allow = ["/bin/x", "unit:a*", "comm:c", "uid:0"]
        watch.ops = ["write"]
        watch.urgent = true
        var second = WatchSettings()
        second.unit = "second"
        expected.watch = [watch, second]
        expected.baseline.enabled = true
        expected.baseline.learnFor = .seconds(3600)
        expected.alerts.exec = ["/bin/notify", "-x"]
        expected.alerts.maxPerWindow = 1
        #expect(settings == expected)
    }

    @Test func outputsStandInTheOrderOfTheFile() throws {
        let text = ["zebra", "ape", "mole"].map { "[outputs.\($0)]\ntype = \"stdout\"\n" }.joined()
        #expect(try settings(text).outputs.map(\.name) == ["zebra", "ape", "mole"])
    }

    @Test(
        arguments: [
            "[outputs.a]\ntype = \"http\"\nurl = \"http://127.0.0.1:1/\"\nbearer_token_file = \"/t\"\n",
            "[outputs.a]\ntype = \"http\"\nurl = \"https://x/\"\nheaders = { Authorization = \"x\" }\n",
            "[outputs.a]\ntype = \"http\"\nurl = \"http://x/\"\nheaders = { X-Scope-OrgID = \"x\" }\n",
            "[outputs.a]\ntype = \"http\"\nurl = \"http://x\"\nallow_insecure_auth = true\nbearer_token_file = \"t\"\n",
            "[outputs.a]\r\ntype = 'stdout' # comment\r\n",
            "\u{FEFF}[outputs.a]\ntype = \"stdout\"",
            "[outputs]\n[outputs.a]\ntype = \"\"\"\nstdout\"\"\"\n",
            "[outputs.a]\ntype = \"stdout\"\ngroup_by = []\n[http]\nlisten = \"\"\n[alerts]\nexec = []\n",
            "[outputs.a]\ntype = \"file\"\npath = \"x\"\n[outputs.b]\ntype = \"file\"\npath = \"/x\"\n",
        ])
    func nothingIsWrongWithIt(text: String) {
        #expect(problems(text).isEmpty)
    }
}
