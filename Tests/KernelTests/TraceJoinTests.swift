import KernelABI
import Model
import Testing

@testable import Kernel

@Suite struct RequestJoinTests {
    private static func record(
        _ kind: ot_trace_kind, _ request: UInt64, at begun: UInt64 = 1, time: UInt64 = 1, result: Int64? = nil,
        filtered: Bool = false
    ) -> TraceRecord? {
        TraceRecords.record(
            TraceRecords.bytes(
                kind, number: 18,
                text: TraceRecords.Text(name: kind == OT_TRACE_BEGUN ? TraceRecords.terminated("n\(request)") : nil)
            ) {
                ($0.request, $0.begun, $0.via) = (request, begun, UInt8(OT_VIA_WORKER.rawValue))
                $0.header.time = time
                $0.result = result ?? 0
                $0.bits = UInt8(
                    (result == nil ? 0 : OT_TRACE_HAS_RESULT.rawValue) | (filtered ? OT_TRACE_IS_FILTERED.rawValue : 0))
            })
    }

    @Test func `a request is told when it is over, with what it was asked and what came of it`() throws {
        var join = RequestJoin()
        let begun = try #require(Self.record(OT_TRACE_BEGUN, 1))
        #expect(join.take(begun).isEmpty)
        let ended = try #require(Self.record(OT_TRACE_ENDED, 1, time: 9, result: -2))
        let whole = join.take(ended)
        let pair = try #require(whole.first)
        let event = TraceEvent(
            pair.record, ended: pair.ended, paths: TracePaths(pair.record, ended: pair.ended), comm: "",
            clock: WallClock())
        #expect(whole.count == 1 && join.waiting == 0 && join.unknownResults == 0)
        #expect(event.filename == "n1" && event.facts.result == -2 && event.time == Timestamp(nanoseconds: 9))
        #expect(event.kind == .uring && event.via == .worker)
    }

    @Test func `ends come in any order, each to its own beginning`() throws {
        var join = RequestJoin()
        for request in 1...3 as ClosedRange<UInt64> {
            _ = join.take(try #require(Self.record(OT_TRACE_BEGUN, request)))
        }
        for request in [2, 3, 1] as [UInt64] {
            let whole = join.take(try #require(Self.record(OT_TRACE_ENDED, request, result: Int64(request))))
            #expect(whole.map(\.record.fixed.request) == [request])
            #expect(whole.first?.ended?.fixed.result == Int64(request))
        }
    }

    @Test func `an end without a beginning, and one that nobody asked for, are no rows`() throws {
        var join = RequestJoin()
        #expect(join.take(try #require(Self.record(OT_TRACE_ENDED, 1, result: 0))).isEmpty)
        _ = join.take(try #require(Self.record(OT_TRACE_BEGUN, 2)))
        #expect(join.take(try #require(Self.record(OT_TRACE_ENDED, 2, result: 0, filtered: true))).isEmpty)
        #expect(join.waiting == 0 && join.unknownResults == 0)
    }

    @Test func `the same memory at another time is another request`() throws {
        var join = RequestJoin()
        _ = join.take(try #require(Self.record(OT_TRACE_BEGUN, 1, at: 5)))
        #expect(join.take(try #require(Self.record(OT_TRACE_ENDED, 1, at: 4, result: 0))).isEmpty)
        #expect(join.take(try #require(Self.record(OT_TRACE_ENDED, 1, at: 5, result: 0))).count == 1)
    }

    @Test func `what ended untold, or not at all, is a row without a result, and counted`() throws {
        var join = RequestJoin()
        for request in 1...3 as ClosedRange<UInt64> {
            _ = join.take(try #require(Self.record(OT_TRACE_BEGUN, request)))
        }
        let untold = join.take(try #require(Self.record(OT_TRACE_ENDED, 2)))
        #expect(untold.count == 1 && join.unknownResults == 1)
        #expect(join.giveUp().map(\.fixed.request) == [1, 3])
        #expect(join.unknownResults == 3 && join.waiting == 0 && join.giveUp().isEmpty)
    }

    @Test func `it holds a bounded number, and gives up the oldest`() throws {
        var join = RequestJoin()
        var given: [UInt64] = []
        let count = UInt64(RequestJoin.most + 3)
        for request in 1...count {
            given += join.take(try #require(Self.record(OT_TRACE_BEGUN, request))).map(\.record.fixed.request)
        }
        #expect(given == [1, 2, 3] && join.waiting == RequestJoin.most && join.unknownResults == 3)
    }
}

@Suite struct TraceLayoutTests {
    @Test func `an operation has the same number on both sides`() {
        #expect(TraceOperation.byNumber == TraceOperation.allCases)
        #expect(TraceOperation.allCases.map(\.number) == Array(0..<OT_TRACE_OPERATIONS.rawValue))
    }

    @Test func `a formula has as many terms as the programs have room for`() {
        #expect(FlagsTerms.most == Int(OT_TRACE_TERMS))
        #expect(FlagsTerm.Outcome.created.rawValue == OT_OUTCOME_CREATED.rawValue)
        #expect(FlagsTerm.Outcome.failed.rawValue == OT_OUTCOME_FAILED.rawValue)
    }

    @Test func `what is mapped can be mapped`() { #expect(MemoryLayout<ot_trace_stats>.stride % 8 == 0) }

    @Test func `terms are handed over as they are, and none at all is one that never holds`() throws {
        let formula = try FlagsFormula(parsing: "CREAT & ~EXCL | FAILED")
        let terms = FlagsTerms(formula, on: .native)
        let config = ot_trace_config(TraceSelection(opens: terms))
        #expect(config.term_count == UInt32(terms.terms.count))
        let nothing = ot_trace_config(
            TraceSelection(opens: FlagsTerms(try FlagsFormula(parsing: "RDONLY & WRONLY"), on: .native)))
        #expect(nothing.term_count == 1)
        #expect(nothing.terms.0.mask & nothing.terms.0.value != nothing.terms.0.value)
        #expect(ot_trace_config(TraceSelection()).term_count == 0)
    }

    @Test func `every call has its number`() {
        for call in TraceCall.allCases where ![.uring, .clone, .exit].contains(call) {
            #expect((0..<1000).contains { TraceCall(number: $0) == call }, "\(call)")
        }
    }
}
