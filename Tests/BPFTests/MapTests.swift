import BPF
import Glibc
import Testing

extension BPFTests {
    /// Maps, filled from here and by the programs.
    @Suite(.enabled(if: isRoot, rootReason)) struct Maps {
        @Test func `a hash map gives back what it was given`() throws {
            let object = try loadedSample()
            let map = try HashMap(object.map("seen"), key: UInt64.self, value: UInt32.self)
            #expect(try map.lookup(1, initial: 0) == nil)
            try map.update(1, to: 10)
            #expect(try map.lookup(1, initial: 0) == 10)
            try map.update(1, to: 11)
            #expect(try map.lookup(1, initial: 0) == 11)
            #expect(try map.delete(1))
            #expect(try !map.delete(1))
            #expect(try map.lookup(1, initial: 0) == nil)
        }

        @Test(arguments: [0, 1, 7, 256, 5000])
        func `all entries come, whatever the size of a batch`(batch: Int) throws {
            let object = try loadedSample()
            let map = try HashMap(object.map("seen"), key: UInt64.self, value: UInt32.self)
            #expect(try map.entries(batch: batch).isEmpty)
            for key in 0..<1000 { try map.update(UInt64(key), to: UInt32(key * 2)) }
            let entries = try map.entries(batch: batch)
            #expect(entries.map(\.key).sorted() == Array(0..<1000))
            #expect(entries.allSatisfy { UInt64($0.value) == $0.key * 2 })
        }

        @Test func `a full hash map takes no more`() throws {
            let open = try ObjectFile.open("sample")
            try open.setMaxEntries(2, ofMap: "seen")
            let object = try open.load()
            let map = try HashMap(object.map("seen"), key: UInt64.self, value: UInt32.self)
            try map.update(1, to: 1)
            try map.update(2, to: 2)
            let error = try failure { try map.update(3, to: 3) }
            #expect(error.operation == .update)
            #expect(error.errno == E2BIG)
        }

        @Test func `a queue gives its numbers out in order and takes no more than it holds`() throws {
            let object = try loadedSample()
            let queue = try Queue(object.map("numbers"), value: UInt32.self)
            for number: UInt32 in [30, 10, 40, 20] { try queue.push(number) }
            let error = try failure { try queue.push(50) }
            #expect(error.operation == .push)
            #expect(error.errno == E2BIG)

            let links = try object.attach()
            var taken: [UInt32] = []
            let ring = try RingBuffer(object.map("events")) { taken.append($0.unsafeLoad(as: UInt32.self)) }
            for _ in 0..<5 { take() }
            try ring.consume()
            #expect(taken == [30, 10, 40, 20])
            try queue.push(50)
            _ = consume links
        }

        @Test func `an array is read by its index`() throws {
            let object = try loadedSample()
            let plain = try ArrayMap(object.map("plain"), value: UInt64.self)
            #expect(plain.count == 4)
            #expect(try plain.lookup(0, initial: 1) == 0)
            for index in [-1, 4, 1 << 40] {
                let error = try failure { _ = try plain.lookup(index, initial: 0) }
                #expect(error.errno == ENOENT, "index \(index)")
            }
        }

        @Test func `a mapped array shows what a program writes as it writes it`() throws {
            let object = try loadedSample()
            var counts = try MappedArray(object.map("counts"), element: UInt64.self)
            #expect(counts.mappedCount == 0)
            try counts.reach(1)
            let links = try object.attach()
            for number in 1...3 {
                call()
                #expect(counts[0] == UInt64(number))
            }
            _ = consume links
        }

        @Test func `a mapped array grows to what is asked for and no further than it is`() throws {
            let object = try loadedSample()
            var counts = try MappedArray(object.map("counts"), element: UInt64.self)
            #expect(counts.capacity == 4096)
            let links = try object.attach()
            try Queue(object.map("numbers"), value: UInt32.self).push(77)
            call()
            take()
            try counts.reach(1)
            let page = sysconf(CInt(_SC_PAGESIZE)) / MemoryLayout<UInt64>.stride
            #expect(counts.mappedCount == min(page, 4096))
            try counts.reach(page + 1)
            #expect(counts.mappedCount >= min(page + 1, 4096))
            try counts.reach(1_000_000)
            #expect(counts.mappedCount == 4096)
            #expect(counts[0] == 1)
            #expect(counts[4095] == 77)
            try counts.reach(1)
            #expect(counts.mappedCount == 4096, "it never shrinks")
            _ = consume links
        }
    }

    /// Records from the programs.
    @Suite(.enabled(if: isRoot, rootReason)) struct Rings {
        @Test func `records come in order, each with its own size`() throws {
            let object = try loadedSample()
            let links = try object.attach()
            var records: [[UInt8]] = []
            let ring = try RingBuffer(object.map("events")) { record in
                records.append((0..<record.byteCount).map { record.unsafeLoad(fromByteOffset: $0, as: UInt8.self) })
            }
            #expect(ring.descriptor >= 0)
            #expect(try ring.consume() == 0)
            try Queue(object.map("numbers"), value: UInt32.self).push(0x0403_0201)
            call()
            take()
            call()
            #expect(try ring.poll(milliseconds: 10_000) == 3)
            #expect(records == [Array(repeating: 0, count: 8), [1, 2, 3, 4], [1, 0, 0, 0, 0, 0, 0, 0]])
            #expect(try ring.consume() == 0)
            _ = consume links
        }

        @Test func `waiting for records ends in time`() throws {
            let object = try loadedSample()
            let ring = try RingBuffer(object.map("events")) { _ in }
            let start = ContinuousClock.now
            #expect(try ring.poll(milliseconds: 30) == 0)
            #expect(ContinuousClock.now - start >= .milliseconds(29))
        }

        @Test func `one call delivers no more records than it may, and the next goes on`() throws {
            let object = try loadedSample()
            let links = try object.attach()
            var count = 0
            let ring = try RingBuffer(object.map("events"), most: 3) { _ in count += 1 }
            for _ in 0..<8 { call() }
            #expect(try ring.consume() == 3)
            #expect(try ring.poll(milliseconds: 10_000) == 3)
            #expect(try ring.consume() == 2)
            #expect(try ring.consume() == 0)
            #expect(count == 8)
            _ = consume links
        }

        @Test func `what does not fit is dropped where the program can count it`() throws {
            let object = try loadedSample()
            let links = try object.attach()
            let ring = try RingBuffer(object.map("events")) { _ in }
            for _ in 0..<1000 { call() }
            let stats = try ArrayMap(object.map(".data.stats"), value: SampleStats.self)
                .lookup(0, initial: SampleStats())
            let delivered = try ring.consume()
            #expect(stats.calls == 1000)
            #expect(delivered > 0 && stats.dropped > 0)
            #expect(delivered + Int(stats.dropped) == 1000)
            _ = consume links
        }
    }

    /// Asking the running kernel.
    @Suite struct Kernel {
        private static let hasTypes = access("/sys/kernel/btf/vmlinux", R_OK) == 0

        @Test(.enabled(if: hasTypes, "this kernel does not describe its types"))
        func `functions and structures are told apart and found by their names`() throws {
            let types = try KernelTypes()
            // A value that may not be copied cannot stand in an expectation.
            var functions: [String: Bool] = [:]
            var structures: [String: Bool] = [:]
            for name in ["vfs_write", "task_struct", "nothing_of_this_name"] {
                functions[name] = types.hasFunction(name)
                structures[name] = types.hasStructure(name)
            }
            #expect(functions.filter(\.value).keys.sorted() == ["vfs_write"])
            #expect(structures.filter(\.value).keys.sorted() == ["task_struct"])
        }

        @Test func `there are at least as many possible CPUs as there are online ones`() throws {
            #expect(try PossibleCPUs.count() >= sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        }
    }
}
