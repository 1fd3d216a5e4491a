/// What is counted, in the order in which `kernel_abi.h` lays it out (a Kernel test proves that they agree).
///
/// The meaning of each word is fixed in docs/words.md.
package enum Counter: Int, CaseIterable, Sendable {
    case opens, opensForWrite, pathOpens, openFailures, creates
    case writes, writeBytes, writeFailures
    case deletes, renames, mkdirs, mknods, symlinks, links, truncates, allocates, syncs, sharedMaps
    case deviceWrites
    case pseudoOpens, pseudoWrites, pseudoWriteBytes
    case inlineOpens, inlineCreates, inlineWrites, inlineWriteBytes
    case workerOpens, workerCreates, workerWrites, workerWriteBytes
    case sqpollOpens, sqpollCreates, sqpollWrites, sqpollWriteBytes
}

/// One value for each `Counter`; the values are cumulative or a window's own, as their owner says.
package struct Counters: Sendable {
    private var values = InlineArray<34, UInt64>(repeating: 0)

    package init() {}

    /// Counters with these values; the others are zero.
    package init(_ values: [Counter: UInt64]) {
        for (counter, value) in values { self[counter] = value }
    }

    package subscript(counter: Counter) -> UInt64 {
        get { values[counter.rawValue] }
        set { values[counter.rawValue] = newValue }
    }

    /// The value at a position of the kernel's layout, for the decoder and for loops.
    package subscript(position: Int) -> UInt64 {
        get { values[position] }
        set { values[position] = newValue }
    }

    package static var count: Int { Counter.allCases.count }

    package var isZero: Bool { values.indices.allSatisfy { values[$0] == 0 } }

    package static func += (left: inout Self, right: Self) {
        for index in left.values.indices { left.values[index] &+= right.values[index] }
    }

    /// Adds values in the order of `Counter`, as the kernel lays them out.
    package mutating func add(_ words: InlineArray<34, UInt64>) {
        for index in values.indices { values[index] &+= words[index] }
    }

    /// What was added since `earlier`; the kernel's counters only grow.
    package func since(_ earlier: Self) -> Self {
        var difference = Self()
        for index in values.indices { difference.values[index] = values[index] &- earlier.values[index] }
        return difference
    }
}

extension Counters: Equatable {
    package static func == (left: Self, right: Self) -> Bool {
        left.values.indices.allSatisfy { left.values[$0] == right.values[$0] }
    }
}
