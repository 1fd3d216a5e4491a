import Foundation
import Model
import Render
import Testing

@testable import Export

@Suite("A parcel that a receiver does not take as it is")
struct ParcelTests {
    private let since = ContinuousClock.now

    private func batch(rows: Int) -> Batch {
        let zero = Timestamp(nanoseconds: 0)
        return Batch(
            sequence: 7, agent: AgentIdentity(version: "1", instance: "here", backend: "none", started: zero),
            host: HostIdentity(name: "web-1", id: nil, kernel: "6"), window: Window(start: zero, end: zero, seconds: 0),
            coverage: Coverage(notSeen: [], absent: [], attached: 0, missing: []), loss: Loss(),
            ownActivity: Counters(),
            rows: (0..<rows).map { number in
                UnitRow(
                    identity: UnitIdentity(kind: .service, unit: ByteString("\(number)\n.service")),
                    cgroup: CgroupID(UInt64(number)), path: "/", counters: Counters([.writes: 1 << number]))
            })
    }

    private func parcel(rows: Int, _ format: BatchFormat, _ compression: Compression) throws -> Parcel {
        let payloads = BatchRenderer.payloads(batch(rows: rows), format: format, maxBytes: 1 << 30)
        return Parcel(try #require(payloads.first), compression: compression, since: since)
    }

    @Test(arguments: [BatchFormat.json, .ndjson]) func aPackedOneBecomesPlainAndAPlainOneCannotBecomeWeaker(
        format: BatchFormat
    ) throws {
        let packed = try parcel(rows: 3, format, .gzip)
        let plain = try #require(packed.weaker())
        #expect(packed.contentEncoding == "gzip" && plain.contentEncoding == nil)
        #expect(plain.body == (try parcel(rows: 3, format, .none).body))
        #expect((plain.id, plain.contentType, plain.rows) == (packed.id, packed.contentType, packed.rows))
        #expect(plain.since == since)
        #expect(plain.weaker() == nil)
    }

    @Test(arguments: [BatchFormat.json, .ndjson], [Compression.gzip, .none])
    func halvesArePackedAsTheWholeAndCanBeHalvedUntilOneRowIsLeft(
        format: BatchFormat, compression: Compression
    ) throws {
        let whole = try parcel(rows: 5, format, compression)
        let halves = try #require(whole.halves())
        #expect(halves.map(\.id) == ["here-7/1", "here-7/2"])
        #expect(halves.map(\.rows) == [2, 3])
        #expect(halves.allSatisfy { $0.contentEncoding == whole.contentEncoding && $0.since == since })
        #expect(halves.allSatisfy { $0.contentType == format.contentType })
        // The same halves every time: a crash between the two must not make a third.
        #expect(whole.halves()?.map(\.body) == halves.map(\.body))
        var waiting = [whole]
        var singles: [Parcel] = []
        while let parcel = waiting.popLast() {
            if let halves = parcel.halves() { waiting += halves.reversed() } else { singles.append(parcel) }
        }
        #expect(singles.map(\.id) == ["here-7/1/1", "here-7/1/2", "here-7/2/1", "here-7/2/2/1", "here-7/2/2/2"])
        for (number, single) in singles.enumerated() {
            let body = single.contentEncoding == nil ? single.body : try #require(gunzipped(single.body))
            let text = String(decoding: body, as: UTF8.self)
            #expect(text.contains(#""unit":"\#(number)\n.service""#) && text.contains(#""batch_id":"\#(single.id)""#))
            #expect(text.components(separatedBy: #""writes":\#(1 << number),"#).count == 3, "in the row and the totals")
        }
    }

    @Test func aDamagedOrForeignBodyIsLeftAsItIs() throws {
        let whole = try parcel(rows: 4, .json, .gzip)
        func changed(_ body: [UInt8], type: String = "application/json", encoding: String? = "gzip", rows: Int = 4)
            -> Parcel
        {
            Parcel(
                id: whole.id, contentType: type, contentEncoding: encoding, body: body, rows: rows, since: since)
        }
        var torn = whole.body
        torn[torn.count / 2] ^= 0xFF
        for parcel in [
            changed(torn), changed(whole.body.dropLast()), changed(whole.body + [0]), changed([]),
            changed([0x1F, 0x8B]),
            changed(whole.body, encoding: "zstd"),
        ] {
            #expect(parcel.weaker() == nil && parcel.halves() == nil)
        }
        #expect(changed(whole.body).halves() != nil)
        #expect(changed(whole.body, rows: 5).halves() == nil)
        #expect(changed(whole.body, type: "application/x-ndjson").halves() == nil)
        #expect(changed(whole.body, type: "application/x-protobuf").halves() == nil)
        #expect(changed(Array(#"{"resourceMetrics":[]}"#.utf8), encoding: nil).halves() == nil)
    }

    @Test func whatIsLargerThanAnyBufferUnpacksToo() throws {
        let body = Array(String(repeating: "0123456789abcdef", count: 200_000).utf8)
        let payload = Payload(id: "a-1", format: .json, body: body, rows: 0)
        #expect(Parcel(payload, compression: .gzip, since: since).weaker()?.body == body)
    }
}
