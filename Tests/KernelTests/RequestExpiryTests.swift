import BPF
import KernelABI
import Testing

@testable import Kernel

/// The maps of the programs, and none of the programs.
private func maps() throws -> LoadedObject {
    let object = try OpenObject(
        "files", bytes: UnsafeRawBufferPointer(start: ot_object_files.bytes, count: ot_object_files.size))
    for program in object.programs { try object.setLoaded(false, program: program.name) }
    return try object.load()
}

@Suite(.enabled(if: canCount, countingReason)) final class RequestExpiryTests {
    private let start = ContinuousClock.now
    private let object: LoadedObject

    init() throws { object = try maps() }

    private func put(_ begun: UInt64, counted: Bool = true, at address: UInt64) throws {
        var request = ot_request()
        (request.begun, request.is_counted) = (begun, counted ? 1 : 0)
        try HashMap(object.map("requests"), key: RequestKey.self, value: ot_request.self)
            .update(RequestKey(first: address), to: request)
    }

    private var addresses: [UInt64] {
        get throws {
            try HashMap(object.map("requests"), key: RequestKey.self, value: ot_request.self)
                .keys(atMost: 100, initial: RequestKey()).map(\.first).sorted()
        }
    }

    /// Runs it every ten seconds, as the agent does with its windows, and adds up.
    private func expired(_ expiry: RequestExpiry, after seconds: ClosedRange<Int>) throws -> UInt64 {
        try stride(from: seconds.lowerBound, through: seconds.upperBound, by: 10).reduce(0) {
            $0 + (try expiry.run(at: start + .seconds($1)).ofRings)
        }
    }

    @Test func `what stays in flight is given up once, and what is younger is not`() throws {
        let expiry = try RequestExpiry(object, after: .seconds(100))
        try put(1, at: 16)
        #expect(try expired(expiry, after: 0...90) == 0)
        try put(2, at: 32)
        #expect(try addresses == [16, 32])
        // Seen first at 0, and known to be the same one since the next look.
        #expect(try expired(expiry, after: 100...160) == 1)
        #expect(try addresses == [32])
        #expect(try expired(expiry, after: 170...400) == 1)
        #expect(try addresses == [])
    }

    @Test func `another request at the same address begins anew`() throws {
        let expiry = try RequestExpiry(object, after: .seconds(100))
        for begun in 1...6 {
            try put(UInt64(begun), at: 16)
            #expect(try expired(expiry, after: begun * 60...begun * 60 + 50) == 0)
        }
        #expect(try addresses == [16])
    }

    @Test func `what is remembered only for its end is kept`() throws {
        let expiry = try RequestExpiry(object, after: .seconds(100))
        try put(1, counted: false, at: 16)
        #expect(try expired(expiry, after: 0...1000) == 0)
        #expect(try addresses == [16])
    }

    @Test func `the last time everything that counts is given up`() throws {
        let expiry = try RequestExpiry(object, after: .seconds(100))
        try put(1, at: 16)
        try put(1, counted: false, at: 32)
        #expect(try expiry.run(at: start, isLast: true) == RequestExpiry.Expired(ofRings: 1, ofContexts: 0))
        #expect(try addresses == [32])
    }

    @Test func `requests of contexts are told apart from those of rings`() throws {
        let expiry = try RequestExpiry(object, after: .seconds(10))
        try put(1, at: 16)
        try HashMap(object.map("iocbs"), key: IocbKey.self, value: ot_iocb.self)
            .update(IocbKey(mm: 1, context: 2, iocb: 3), to: ot_iocb())
        let all = try (0...4).map { try expiry.run(at: start + .seconds($0 * 10)) }
        #expect(all.reduce(0) { $0 + $1.ofRings } == 1)
        #expect(all.reduce(0) { $0 + $1.ofContexts } == 1)
    }

    @Test func `the keys are those of the programs`() {
        #expect(MemoryLayout<RequestKey>.size == MemoryLayout<ot_request_key>.size)
        #expect(MemoryLayout<IocbKey>.size == MemoryLayout<ot_iocb_key>.size)
    }
}
