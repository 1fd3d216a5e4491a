import Model
import Testing

@Suite struct AlertBookTests {
    private func alert(_ number: Int, isUrgent: Bool = false) -> Alert {
        Alert(
            .unexpectedWriter, id: "id-\(number)", rule: "watch[0]", time: Timestamp(nanoseconds: 0),
            of: WatchSamples.placed(), isUrgent: isUrgent)
    }

    private func book(perWindow: Int, _ change: (inout AlertBook.Limits) -> Void = { _ in }) -> AlertBook {
        var limits = AlertBook.Limits(perWindow: perWindow)
        change(&limits)
        return AlertBook(limits: limits)
    }

    private func numbers(_ closed: (alerts: [Alert], suppressed: UInt64)) -> [String] { closed.alerts.map(\.id) }

    @Test func `an alert is raised once until it is forgotten`() {
        var book = book(perWindow: 10) { $0.memory = 100 }
        #expect(book.raise(alert(1), at: 1000) == .raised)
        #expect(book.raise(alert(1), at: 1001) == .known)
        #expect(numbers(book.close()) == ["id-1"])
        #expect(book.raise(alert(1), at: 1099) == .known)
        #expect(book.raise(alert(2), at: 1099) == .raised)
        #expect(book.raise(alert(1), at: 1100) == .raised)
        #expect(numbers(book.close()) == ["id-2", "id-1"])
        book.forget("id-1")
        #expect(book.raise(alert(1), at: 1101) == .raised)
        #expect(book.raise(alert(1), at: 900) == .known)
    }

    @Test func `those beyond the limit are counted, and raised in the windows that follow`() {
        var book = book(perWindow: 2)
        #expect((0..<5).map { book.raise(alert($0), at: 1) } == [.raised, .raised, .waiting, .waiting, .waiting])
        #expect(book.raise(alert(3), at: 2) == .known)
        let first = book.close()
        #expect(numbers(first) == ["id-0", "id-1"] && first.suppressed == 3)
        #expect(book.raise(alert(7), at: 2) == .waiting)
        let second = book.close()
        #expect(numbers(second) == ["id-2", "id-3"] && second.suppressed == 1)
        let third = book.close()
        #expect(numbers(third) == ["id-4", "id-7"] && third.suppressed == 0)
        #expect(numbers(book.close()) == [])
    }

    @Test func `those for which there is no room even to wait are raised when they are told again`() {
        var book = book(perWindow: 1) { $0.waiting = 1 }
        #expect((0..<4).map { book.raise(alert($0), at: 1) } == [.raised, .waiting, .dropped, .dropped])
        #expect(book.close().suppressed == 3)
        #expect(book.raise(alert(3), at: 2) == .waiting)
        #expect(numbers(book.close()) == ["id-1"])
        #expect(numbers(book.close()) == ["id-3"])
    }

    @Test func `who dropped alerts asks for them once there is room, and once`() {
        var book = book(perWindow: 1) { $0.waiting = 2 }
        var asked = [book.takeRoom()]
        #expect((0..<4).map { book.raise(alert($0), at: 1) } == [.raised, .waiting, .waiting, .dropped])
        asked.append(book.takeRoom())
        _ = book.close()
        asked += [book.takeRoom(), book.takeRoom()]
        #expect(asked == [false, false, true, false])
        #expect(book.raise(alert(3), at: 2) == .waiting)
        #expect((0..<3).flatMap { _ in numbers(book.close()) } == ["id-1", "id-2", "id-3"])
    }

    @Test func `an urgent alert takes the place of the last that is not, which is raised when it is told again`() {
        var book = book(perWindow: 1) { $0.waiting = 2 }
        #expect((0..<3).map { book.raise(alert($0), at: 1) } == [.raised, .waiting, .waiting])
        #expect(book.raise(alert(7, isUrgent: true), at: 1) == .waiting)
        #expect(book.raise(alert(8, isUrgent: true), at: 1) == .waiting)
        #expect(book.raise(alert(9, isUrgent: true), at: 1) == .dropped)
        #expect(book.close().suppressed == 5)
        #expect(numbers(book.close()) == ["id-7"])
        let hasRoom = book.takeRoom()
        #expect(hasRoom)
        #expect([1, 2, 9].map { book.raise(alert($0, isUrgent: $0 == 9), at: 2) } == [.waiting, .waiting, .waiting])
        #expect((0..<4).flatMap { _ in numbers(book.close()) } == ["id-8", "id-9", "id-1"])
    }

    @Test func `the last window has all that wait`() {
        var book = book(perWindow: 2)
        for number in 0..<3 { _ = book.raise(alert(number), at: 1) }
        #expect(book.heldCount == 1)
        _ = book.close()
        #expect(book.heldCount == 1 && book.waitingCount == 0)
        _ = book.close()
        #expect(book.heldCount == 0)
        for number in 0..<7 { book.forget("id-\(number)") }
        for number in 0..<7 { _ = book.raise(alert(number), at: 1) }
        let last = book.close(isLast: true)
        #expect(numbers(last) == (0..<7).map { "id-\($0)" } && last.suppressed == 5)
        #expect(book.waitingCount == 0 && book.close(isLast: true).alerts.isEmpty)
    }

    @Test func `findings for which there was no room are asked back, other alerts are not`() {
        var book = book(perWindow: 1) { $0.waiting = 1 }
        for number in 0..<4 {
            var found = alert(number)
            if number != 2 { found.name = .newWriter }
            _ = book.raise(found, at: 1)
        }
        let urgent = book.raise(alert(9, isUrgent: true), at: 1)
        #expect(urgent == .waiting)
        let asked = [book.takeDroppedFindings(), book.takeDroppedFindings()]
        #expect(asked == [["id-1", "id-3"], []])
    }

    @Test func `with a limit of none all are counted`() {
        var book = book(perWindow: 0)
        #expect((0..<3).map { book.raise(alert($0), at: 1) } == [.dropped, .dropped, .dropped])
        let closed = book.close()
        #expect(closed.alerts.isEmpty && closed.suppressed == 3)
        book.limits.perWindow = 5
        #expect(book.raise(alert(0), at: 1) == .raised)
    }

    @Test func `urgent alerts can be taken at once, and count for the limit`() {
        var book = book(perWindow: 3)
        _ = book.raise(alert(0), at: 1)
        #expect(!book.hasUrgent)
        _ = book.raise(alert(1, isUrgent: true), at: 1)
        #expect(book.hasUrgent)
        #expect(book.takeUrgent().map(\.id) == ["id-1"])
        #expect(!book.hasUrgent && book.takeUrgent().isEmpty)
        #expect(book.raise(alert(2), at: 1) == .raised)
        #expect(book.raise(alert(3), at: 1) == .waiting)
        #expect(book.raise(alert(4, isUrgent: true), at: 1) == .waiting)
        #expect(book.raise(alert(5, isUrgent: true), at: 1) == .waiting)
        #expect(numbers(book.close()) == ["id-0", "id-2"])
        // They come before the others that wait.
        #expect(book.takeUrgent().map(\.id) == ["id-4", "id-5"])
        #expect(numbers(book.close()) == ["id-3"])
    }

    @Test func `no more ids are remembered than there is room for, and the latest last`() {
        var book = book(perWindow: 1000) { $0.remembered = 64 }
        for number in 0..<64 { _ = book.raise(alert(number), at: UInt64(number)) }
        // Seen again, so not the oldest any more.
        #expect(book.raise(alert(0), at: 100) == .known)
        #expect(book.raise(alert(64), at: 101) == .raised)
        #expect(book.raise(alert(0), at: 102) == .known)
        #expect(book.raise(alert(63), at: 102) == .known)
        #expect(book.raise(alert(1), at: 102) == .raised)
        for number in 100..<400 { _ = book.raise(alert(number), at: UInt64(number)) }
        #expect(book.raise(alert(399), at: 500) == .known)
        #expect(book.raise(alert(100), at: 500) == .raised)
    }

    /// Whatever comes: what is raised, waits or is dropped is all there is, and nothing comes twice.
    @Test func `every alert is raised, waits or is counted as held back`() {
        var random = Chance(seed: 9)
        for _ in 0..<50 {
            var book = book(perWindow: random.below(4)) {
                ($0.waiting, $0.remembered) = (random.below(6), 1000)
            }
            var (outcomes, told): ([AlertBook.Outcome: Int], [String]) = ([:], [])
            var suppressed: UInt64 = 0
            for step in 0..<200 {
                switch random.below(12) {
                case 0:
                    let closed = book.close()
                    #expect(closed.alerts.count <= book.limits.perWindow)
                    told += closed.alerts.map(\.id)
                    suppressed += closed.suppressed
                case 1: told += book.takeUrgent().map(\.id)
                default:
                    let next = alert(random.below(60), isUrgent: random.below(4) == 0)
                    outcomes[book.raise(next, at: UInt64(step)), default: 0] += 1
                }
            }
            for _ in 0..<10 {
                let closed = book.close()
                told += closed.alerts.map(\.id)
                suppressed += closed.suppressed
            }
            #expect(book.waitingCount == 0)
            // Those that had to give way are dropped, too, after they waited.
            let displaced = Int(book.dropped) - outcomes[.dropped, default: 0]
            let accepted = outcomes[.raised, default: 0] + outcomes[.waiting, default: 0]
            #expect(displaced >= 0 && told.count + displaced == accepted)
            #expect(Set(told).count == told.count)
            #expect(suppressed == UInt64(outcomes[.waiting, default: 0] + outcomes[.dropped, default: 0]))
        }
    }
}
