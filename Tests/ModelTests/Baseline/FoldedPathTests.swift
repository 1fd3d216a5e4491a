import Testing

@testable import Model

@Suite("Paths are folded where they are different at each run")
struct FoldedPathTests {
    @Test(
        "What is made up becomes a star, and what a person named stays",
        arguments: [
            ("/var/lib/app/12345/x", "/var/lib/app/*/x"),
            ("/proc/1/task/2", "/proc/*/task/*"),
            (
                "/var/lib/docker/overlay2/\(String(repeating: "0123456789abcdef", count: 4))/merged/etc",
                "/var/lib/docker/overlay2/*/merged/etc"
            ),
            ("/srv/21527424-cb2d-479f-af17-22251e2b37a0/data", "/srv/*/data"),
            ("/srv/x-21527424-cb2d-479f-af17-22251e2b37a0.d", "/srv/x-*.d"),
            ("/backup/2026-11-30", "/backup/*"),
            ("/backup/2026-11-30/db", "/backup/*/db"),
            ("/backup/2026/11/30/db", "/backup/*/*/*/db"),
            ("/backup/20261130/db", "/backup/*/db"),
            ("/backup/db-2026-11-30", "/backup/db-*"),
            ("/backup/db_2026.11.30_1", "/backup/db_*_*"),
            ("/backup/20261130T010203Z", "/backup/*T*Z"),
            ("/backup/2026-11-30T01:02:03Z", "/backup/*T*:*:*Z"),
            ("/backup/2026-W48", "/backup/*-W*"),
            ("/backup/2026-11", "/backup/*-*"),
            ("/var/cache/go-build/0a/0a1b2c3d4e5f", "/var/cache/go-build/0a/*"),
            ("/w/build-123456", "/w/build-*"),
            ("/w/build123456", "/w/build*"),
            ("/tmp/tmp.aB3dEfGh", "/tmp/*"),
            ("/tmp/tmp.aB3dEfGh/deeper", "/tmp/*/deeper"),
            ("/tmp/plain", "/tmp/*"),
            ("/var/tmp/systemd-private-1234-x/tmp/y", "/var/tmp/*/tmp/*"),
            ("/dev/shm/sem", "/dev/shm/*"),
            ("/tmp", "/tmp"),

            ("/etc/cron.d", "/etc/cron.d"),
            ("/etc/rc3.d", "/etc/rc3.d"),
            ("/usr/lib/python3.11/site-packages", "/usr/lib/python3.11/site-packages"),
            ("/data/disk2/x", "/data/disk2/x"),
            ("/srv/cafe/deadbeef/facade00", "/srv/cafe/deadbeef/*"),
            ("/srv/v1.2.3", "/srv/v1.2.3"),
            ("/srv/2026-13-40x", "/srv/*-*-*x"),
            ("/", "/"),
            ("", "/"),
            ("//srv//./x/", "/srv/x"),
        ])
    func folding(_ path: String, _ expected: String) {
        #expect(FoldedPath(ByteString(path)).path == ByteString(expected))
    }

    @Test func `What is folded once stays as it is`() {
        for path in ["/var/lib/app/12345/x", "/backup/2026-11-30T01:02:03Z", "/tmp/a/b", "/w/build123456"] {
            let once = FoldedPath(ByteString(path)).path
            #expect(FoldedPath(once).path == once)
        }
    }

    @Test func `A directory is a path without its last part`() {
        #expect(FoldedPath(directoryOf: "/etc/cron.d/x").path == "/etc/cron.d")
        #expect(FoldedPath(directoryOf: "/x").path == "/")
        #expect(FoldedPath(directoryOf: "/").path == "/")
        #expect(FoldedPath(directoryOf: "/tmp/x").path == "/tmp")
    }

    @Test func `Depth and the length of a part are bounded`() {
        let deep = FoldedPath(ByteString(String(repeating: "/a", count: 2000)))
        #expect(deep.parts.count == FoldedPath.mostParts + 1)
        #expect(deep.parts.last == FoldedPath.deeper)
        #expect(FoldedPath(ByteString("/srv/" + String(repeating: "a", count: 129))).path == "/srv/*")
    }

    @Test func `Bytes that are not UTF-8 stay as they are`() {
        let path = ByteString([0x2F, 0xFF, 0x0A, 0x2F, 0x80])
        #expect(FoldedPath(path).path == path)
    }
}

@Suite("Names of chance are told by their shape")
struct MadeUpNameTests {
    @Test(
        arguments: [
            ("job-aB3dEf", "job-??????"), ("aB3dEf", "??????"), ("x.tmpAbCdEf", "x.?????????"), ("a1b2c3", "??????"),
            ("0a", "??"), ("k", "?"),
            ("job-word", nil), ("letters", nil), ("Capital", nil), ("LOUDER", nil), ("abc12", nil), ("123456", nil),
            ("x-", nil), ("a.b", nil),
            ("", nil),
        ] as [(String, String?)])
    func `Mixed letters, or letters with digits, at the end`(_ name: String, _ shape: String?) {
        #expect(MadeUpName(ByteString(name))?.shape == shape.map { ByteString($0) })
    }
}
