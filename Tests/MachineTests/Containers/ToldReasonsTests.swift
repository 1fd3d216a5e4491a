import Testing

@testable import Machine

@Suite struct ToldReasonsTests {
    private var told = ToldReasons()
    private let hour: Int64 = 3_600_000_000_000

    @Test mutating func `each reason is told once in an hour`() {
        #expect(told.new(["a", "b", "a"], 0) == ["a", "b"])
        #expect(told.new(["a", "c"], hour - 1) == ["c"])
        #expect(told.new(["a", "c"], hour) == ["a"])
    }

    @Test mutating func `never more than a hundred in an hour, whatever files make up`() {
        #expect(told.new((0..<1000).map { "reason \($0)" }, 0).count == 100)
        #expect(told.new(["another"], 1) == [])
        #expect(told.new(["another"], hour) == ["another"])
    }

    @Test mutating func `what a file says gives no orders to a terminal, and fills no log`() {
        let reasons = told.new(["pod \u{1B}[2J\nerror: forged", String(repeating: "x", count: 10_000)], 0)
        #expect(reasons.first == "pod \\x1b[2J\\x0aerror: forged")
        #expect(reasons.last?.count == 500)
    }
}
