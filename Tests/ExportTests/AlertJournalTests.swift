import Foundation
import Testing

@testable import Export
@testable import Model
@testable import Render

/// A socket such as the journal's.
private final class FakeJournal {
    let path: String
    private let descriptor: Int32

    init(in folder: AlertFolder) throws {
        path = folder.path("socket")
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// The fields of the next entry, whichever way it comes, in their order.
    func entry() throws -> [(name: String, value: [UInt8])] {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        var control = [UInt8](repeating: 0, count: 64)
        let count = bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr(
                        msg_name: nil, msg_namelen: 0, msg_iov: part, msg_iovlen: 1, msg_control: control.baseAddress,
                        msg_controllen: control.count, msg_flags: 0)
                    return recvmsg(descriptor, &message, 0)
                }
            }
        }
        try #require(count >= 0)
        guard count == 0 else { return Self.fields(Array(bytes[..<count])) }
        // A header of 16 bytes, then the descriptor.
        let file = control[16..<20].reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) }
        defer { close(file) }
        #expect(fcntl(file, 1034) & 0xF == 0xF)  // F_GET_SEALS: nobody can change it any more
        let read = pread(file, &bytes, bytes.count, 0)
        return Self.fields(Array(bytes[..<max(read, 0)]))
    }

    private static func fields(_ bytes: [UInt8]) -> [(name: String, value: [UInt8])] {
        var (fields, rest): ([(name: String, value: [UInt8])], ArraySlice<UInt8>) = ([], bytes[...])
        while !rest.isEmpty {
            let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(name.count)
            var count = rest.dropFirst().prefix { $0 != UInt8(ascii: "\n") }.count
            if rest.popFirst() == UInt8(ascii: "\n") {
                count = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(8)
            }
            fields.append((String(decoding: name, as: UTF8.self), Array(rest.prefix(count))))
            rest = rest.dropFirst(count + 1)
        }
        return fields
    }
}

@Suite("The journal is told of alerts")
struct AlertJournalTests {
    private let folder: AlertFolder
    private let events = AlertEvents()

    init() throws { folder = try AlertFolder() }

    @Test func `With a field for each thing that is known`() throws {
        let fake = try FakeJournal(in: folder)
        let journal = AlertJournal(socket: fake.path) { [events] in events.note($0) }
        journal.send(AlertFixture.alert(path: "/etc/a\nOTAGENT_UID=0"))
        let entry = try fake.entry().map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }
        #expect(
            entry == [
                #"MESSAGE=new writer: /usr/bin/python3.11 (back\x0aup, pid 4242, uid 33): create /etc/a\x0aOTAGENT_UID=0 "#
                    + "in container web, cron.service [baseline]",
                "PRIORITY=4", "SYSLOG_IDENTIFIER=otagent", "MESSAGE_ID=\(JournalEntry.messageID)",
                "OTAGENT_ALERT=new_writer", "OTAGENT_ALERT_ID=0123456789abcdef", "OTAGENT_RULE=baseline",
                "OTAGENT_TIME=2027-01-15T08:00:00.000Z", "OTAGENT_SLICE=system.slice", "OTAGENT_UNIT=cron.service",
                "OTAGENT_CONTAINER=0123", "OTAGENT_CONTAINER_NAME=web", "OTAGENT_EXE=/usr/bin/python3.11",
                "OTAGENT_COMM=back\nup", "OTAGENT_PID=4242", "OTAGENT_UID=33", "OTAGENT_OP=create",
                "OTAGENT_VIA=syscall", "OTAGENT_PATH=/etc/a\nOTAGENT_UID=0", "OTAGENT_PATH_SOURCE=user",
                "OTAGENT_ROOT=host", "OTAGENT_PARENT=cron", "OTAGENT_PARENT=systemd",
            ])
        #expect(journal.account == AlertOutletAccount(sent: 1))
        #expect(events.all == [])
    }

    @Test func `One that is too big for a datagram comes in a sealed file`() throws {
        let fake = try FakeJournal(in: folder)
        let journal = AlertJournal(socket: fake.path) { [events] in events.note($0) }
        let path = ByteString([UInt8](repeating: UInt8(ascii: "x"), count: 400_000))
        journal.send(AlertFixture.alert(path: path))
        let entry = try fake.entry()
        #expect(entry.first { $0.name == "OTAGENT_PATH" }?.value == path.bytes)
        #expect(entry.count == 23)
        #expect(journal.account == AlertOutletAccount(sent: 1))
    }

    @Test func `Without a journal the log has a line that nobody has to fear`() throws {
        let journal = AlertJournal(socket: folder.path("nobody")) { [events] in events.note($0) }
        journal.send(AlertFixture.alert(path: "/etc/\u{1b}[31m\n"))
        #expect(
            events.all == [
                .unheard(
                    #"new writer: /usr/bin/python3.11 (back\x0aup, pid 4242, uid 33): create /etc/\x1b[31m\x0a "#
                        + "in container web, cron.service [baseline]")
            ])
        #expect(journal.account == AlertOutletAccount(sent: 1))
    }

    @Test func `A journal that takes nothing is counted, and not waited for`() throws {
        let fake = try FakeJournal(in: folder)
        let journal = AlertJournal(socket: fake.path) { [events] in events.note($0) }
        let start = ContinuousClock.now
        for _ in 0..<5000 where journal.account.failed == 0 { journal.send(AlertFixture.alert()) }
        #expect(start.duration(to: .now) < .seconds(10))
        #expect(journal.account.failed == 1)
        #expect(events.all.count == 1)
    }
}
