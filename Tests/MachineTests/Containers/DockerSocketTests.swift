import Foundation
import Model
import Synchronization
import Testing

@testable import Machine

@Suite struct DockerSocketTests {
    private func http(_ body: String, status: String = "200 OK") -> [UInt8] {
        Array("HTTP/1.0 \(status)\r\nContent-Type: application/json\r\n\r\n\(body)".utf8)
    }

    private func container(_ id: String, image: String = "nginx") -> String {
        #"{"Id":"\#(id)","Created":"2026","State":{"Pid":1},"Name":"/web","Config":{"Image":"\#(image)","Labels":null}}"#
    }

    /// What is learned of a container of docker over the socket alone.
    private func ask(
        _ daemon: FakeDaemon, timeout: Duration = .seconds(20), superuser: UInt32 = getuid(), owner: UInt32? = nil,
        runtime: String? = "docker"
    ) -> ContainerAnswer {
        var sources = ContainerReader.Sources(
            root: nil, sockets: [DockerSocket(path: daemon.path, timeout: timeout)])
        sources.superuser = superuser
        var reader = ContainerReader(sources)
        return reader.answer(ContainerQuestion(.container(id: ByteString(anID), runtime: runtime), owner: owner))
    }

    private func isFailure(_ answer: ContainerAnswer) -> Bool {
        if case .failed = answer { true } else { false }
    }

    @Test(arguments: ["docker", "podman", nil])
    func `a daemon that knows the container tells name and image`(runtime: String?) throws {
        let daemon = try FakeDaemon { _ in http(container(anID)) }
        #expect(ask(daemon, runtime: runtime) == .known(ContainerDetails(name: "web", image: "nginx")))
        #expect(daemon.requests.map { $0.prefix(while: { $0 != "\r\n" }) } == ["GET /containers/\(anID)/json HTTP/1.0"])
    }

    @Test func `containers of other runtimes are not asked for`() throws {
        let daemon = try FakeDaemon { _ in http(container(anID)) }
        #expect(ask(daemon, runtime: "containerd") == .unknown)
        #expect(daemon.requests.isEmpty)
    }

    @Test func `a daemon that does not know the container is no failure`() throws {
        let daemon = try FakeDaemon { _ in http(#"{"message":"No such container"}"#, status: "404 Not Found") }
        #expect(ask(daemon) == .unknown)
    }

    @Test func `an answer about another container is refused`() throws {
        let daemon = try FakeDaemon { _ in http(container(anotherID)) }
        #expect(isFailure(ask(daemon)))
    }

    @Test(arguments: [
        "", "\r\n\r\n", "garbage", "HTTP/1.0 200 OK\r\n", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n{",
        "HTTP/1.0 200 OK\r\n\r\n[]", "HTTP/1.0 500 no\r\n\r\n{}", "HTTP/1.0\r\n\r\n", "\u{0}\u{1}\u{2}",
    ])
    func `an answer that is garbled is refused`(answer: String) throws {
        let daemon = try FakeDaemon { _ in Array(answer.utf8) }
        #expect(isFailure(ask(daemon)))
    }

    @Test func `more than a container can have to say is refused`() throws {
        let daemon = try FakeDaemon { _ in http(container(anID, image: String(repeating: "x", count: 5 << 20))) }
        #expect(isFailure(ask(daemon)))
        let large = try FakeDaemon { _ in http(container(anID) + String(repeating: " ", count: 3 << 20)) }
        #expect(ask(large) == .known(ContainerDetails(name: "web", image: "nginx")))
    }

    /// Silent, silent after the beginning, and one that never hangs up.
    @Test(arguments: [nil, "HTTP/1.0 200 OK\r\n", "whole"])
    func `a daemon that hangs costs its time-out, then it is left alone for a while`(begins: String?) throws {
        let answer = begins == "whole" ? http(container(anID)) : begins.map { Array($0.utf8) }
        let daemon = try FakeDaemon(hangsUp: false) { _ in answer }
        let now = Mutex<Int64>(0)
        let socket = DockerSocket(path: daemon.path, timeout: .milliseconds(200)) { now.withLock { $0 } }
        /// How often it is waited for, asked ten times at each of these seconds.
        func waits(_ seconds: [Int64]) -> [Int] {
            seconds.map { second in
                now.withLock { $0 = second * 1_000_000_000 }
                return (1...10).count { _ in
                    let started = ContinuousClock.now
                    #expect(throws: LookupFailure.self) { try socket.container(ByteString(anID), servedBy: getuid()) }
                    return ContinuousClock.now - started >= .milliseconds(200)
                }
            }
        }
        #expect(waits([0, 1, 2, 3, 6, 7]) == [1, 1, 0, 1, 0, 1])
        #expect(waits([1000, 1015, 1016, 1045, 1046]) == [1, 0, 1, 0, 1])
    }

    @Test func `one that answers again is asked as before`() throws {
        let calls = Mutex(0)
        let daemon = try FakeDaemon { _ in
            let call = calls.withLock { calls in
                calls += 1
                return calls
            }
            return call == 2 ? http(container(anID)) : nil
        }
        let now = Mutex<Int64>(0)
        let socket = DockerSocket(path: daemon.path, timeout: .seconds(1)) { now.withLock { $0 } }
        func ask(_ second: Int64) -> ContainerDetails? {
            now.withLock { $0 = second * 1_000_000_000 }
            return try? socket.container(ByteString(anID), servedBy: getuid())
        }
        #expect(ask(0) == nil)
        #expect(ask(1) == ContainerDetails(name: "web", image: "nginx"))
        #expect(ask(1) == nil)
        // The rest is a short one again.
        #expect(ask(2) == nil)
        #expect(daemon.requests.count == 4)
    }

    @Test func `a user's containers are told by that user's daemon alone, and root's by root's`() throws {
        let daemon = try FakeDaemon { _ in http(container(anID)) }
        #expect(ask(daemon, superuser: getuid() + 1) == .unknown)
        #expect(ask(daemon, owner: getuid() + 1) == .unknown)
        #expect(
            ask(daemon, superuser: getuid() + 1, owner: getuid())
                == .known(ContainerDetails(name: "web", image: "nginx")))
        #expect(daemon.requests.count == 1)
    }

    @Test func `that another user than root serves it is said once, and why nothing is believed`() throws {
        let daemon = try FakeDaemon { _ in http(container(anID)) }
        let socket = DockerSocket(path: daemon.path, timeout: .seconds(20))
        #expect(socket.takeRemark(superuser: getuid() + 1) == nil)
        var remarks: [String] = []
        for _ in 1...3 {
            #expect(try socket.container(ByteString(anID), servedBy: getuid() + 1) == nil)
            if let remark = socket.takeRemark(superuser: getuid() + 1) { remarks.append(remark) }
        }
        #expect(remarks.count == 1)
        #expect(remarks.first?.contains("\(daemon.path) is served by user \(getuid())") == true)
        // Root's, which is asked about a user's containers, is nothing to wonder at.
        #expect(try socket.container(ByteString(anID), servedBy: getuid() + 1) == nil)
        #expect(socket.takeRemark(superuser: getuid()) == nil)
    }

    @Test func `no socket at all, or nobody behind it, is a failure`() throws {
        for path in ["/no/such/socket", "/dev/null", "/" + String(repeating: "x", count: 200)] {
            let socket = DockerSocket(path: path, timeout: .seconds(20))
            #expect(throws: LookupFailure.self) { try socket.container(ByteString(anID), servedBy: getuid()) }
        }
    }

    @Test func `only what is an id is ever asked for`() throws {
        let daemon = try FakeDaemon { _ in http(container(anID)) }
        let socket = DockerSocket(path: daemon.path, timeout: .seconds(20))
        for id in ["web", "../info", "a b\r\nX: y", String(anID.dropLast())] {
            #expect(try socket.container(ByteString(id), servedBy: getuid()) == nil)
        }
        #expect(daemon.requests.isEmpty)
    }
}
