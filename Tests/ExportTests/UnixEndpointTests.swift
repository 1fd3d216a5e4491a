import Glibc
import Model
import Testing

@testable import Export

@Suite(.timeLimit(.minutes(1))) struct UnixEndpointTests {
    private let folder: Directory
    private var path: String { folder.path + "/http.sock" }

    init() throws { folder = try Directory() }

    private func listen() throws -> EndpointListener { try EndpointListener(.unix(path: path), allowRemote: false) }

    private func kind() -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    @Test func `the socket has its permissions, and is gone with the listener`() throws {
        do {
            let listener = try listen()
            #expect(kind() == S_IFSOCK)
            var status = stat()
            lstat(path, &status)
            #expect(status.st_mode & 0o117 == 0)
            withExtendedLifetime(listener) {}
        }
        #expect(kind() == nil)
    }

    @Test func `a socket that nobody listens at is replaced, a living one and anything else is not`() throws {
        let left = try UnixSocketFile.listen(path)
        #expect(throws: SinkProblem.self) { try listen() }
        close(left)
        #expect(kind() == S_IFSOCK)
        do {
            let listener = try listen()
            #expect(throws: SinkProblem.self) { try listen() }
            withExtendedLifetime(listener) {}
        }
        _ = try folder.file("http.sock", "precious")
        #expect(throws: SinkProblem.wrongKind(path: path, what: "there is something else than a socket")) {
            try listen()
        }
        #expect(kind() == S_IFREG)
    }

    @Test func `another's socket in its place is left alone`() throws {
        do {
            let listener = try listen()
            unlink(path)
            let other = try UnixSocketFile.listen(path)
            withExtendedLifetime(listener) {}
            close(other)
        }
        #expect(kind() == S_IFSOCK)
    }

    @Test func `a path that does not fit is told`() {
        let long = EndpointAddress.unix(path: "/" + String(repeating: "x", count: EndpointAddress.longestPath))
        #expect(throws: SinkProblem.self) { try EndpointListener(long, allowRemote: false) }
        #expect(throws: SinkProblem.self) { try EndpointListener(.unix(path: "/proc/none/s"), allowRemote: false) }
    }
}
