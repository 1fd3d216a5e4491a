internal import CSelfTest
package import Model

/// One way to open, create or write a file, and what it must add to the counters.
package struct SelfTestOperation: Sendable, Equatable {
    /// How it reaches the kernel.
    package enum Via: UInt32, CaseIterable, Sendable {
        case syscall, inline, worker, sqpoll
    }

    package let number: UInt32
    package let name: String
    package let via: Via
    package let expected: Counters

    package init(number: UInt32, name: String, via: Via, expected: Counters) {
        (self.number, self.name, self.via, self.expected) = (number, name, via, expected)
    }

    /// Whether these are what had to be counted, and nothing else.
    package func isSeen(in counted: Counters) -> Bool {
        via == .inline ? counted.workerAsInline == expected : counted == expected
    }

    /// The words of docs/words.md by the counters that tell them, the more special ones first.
    private static let wordsByCounter: KeyValuePairs<Counter, String> = [
        .creates: "create", .pathOpens: "path open", .openFailures: "open failure", .deviceWrites: "device write",
        .opens: "open", .writes: "write", .writeFailures: "write failure", .deletes: "delete", .renames: "rename",
        .mkdirs: "mkdir", .mknods: "mknod", .symlinks: "symlink", .links: "link", .truncates: "truncate",
        .allocates: "allocate", .syncs: "sync", .sharedMaps: "shared map", .pseudoOpens: "pseudo open",
        .pseudoWrites: "pseudo write",
    ]
    private static let noWord = "no file activity"

    /// Every word that an operation can have.
    static let words = wordsByCounter.map(\.value) + [noWord]

    /// What it is counted as, in one word.
    var word: String { Self.wordsByCounter.first { expected[$0.key] > 0 }?.value ?? Self.noWord }

    /// Every one there is, in the order in which they are to be performed.
    package static let all: [Self] = (0..<selftest_count()).map { number in
        var expected = Counters()
        for which in 0..<UInt32(SELFTEST_EXPECTATIONS) {
            let one = selftest_expectation(number, which)
            expected[Int(one.counter)] += UInt64(one.amount)
        }
        return Self(
            number: number, name: String(cString: selftest_name(number)),
            via: Via(rawValue: selftest_via(number).rawValue) ?? .syscall, expected: expected)
    }
}

extension Counters {
    /// The kernel may hand any request to a worker: then what it counts for is found there.
    fileprivate var workerAsInline: Self {
        var counters = self
        let pairs: [(Counter, Counter)] = [
            (.workerOpens, .inlineOpens), (.workerCreates, .inlineCreates), (.workerWrites, .inlineWrites),
            (.workerWriteBytes, .inlineWriteBytes),
        ]
        for (worker, inline) in pairs {
            counters[inline] += counters[worker]
            counters[worker] = 0
        }
        return counters
    }
}
