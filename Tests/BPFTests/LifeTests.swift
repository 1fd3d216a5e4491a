import Foundation
import Testing

@testable import BPF

extension BPFTests {
    /// An object from its file to its end.
    @Suite(.enabled(if: isRoot, rootReason)) struct Life {
        private func calls(_ object: borrowing LoadedObject) throws -> UInt64 {
            try ArrayMap(object.map(".data.stats"), value: SampleStats.self).lookup(0, initial: SampleStats()).calls
        }

        @Test func `an attached program counts, and no longer when it is detached`() throws {
            let object = try loadedSample()
            call()
            #expect(try calls(object) == 0)
            let links = try object.attach()
            #expect(links.count == 2)
            for _ in 0..<5 { call() }
            _ = getpgid(nobody - 1)
            #expect(try calls(object) == 5)
            _ = consume links
            call()
            #expect(try calls(object) == 5)
        }

        @Test func `attaching again counts on`() throws {
            let object = try loadedSample()
            for round in 1...3 {
                let links = try object.attach()
                call()
                #expect(try calls(object) == UInt64(round))
                _ = consume links
            }
        }

        @Test func `the verifier's log and the kernel agree on how long its work was`() throws {
            let object = try ObjectFile.open("sample").load(countsInstructions: true)
            let logged = object.loggedInstructions
            let kept = try object.statistics()
            #expect(kept.count == 2)
            for program in kept {
                let count = try #require(program.verifiedInstructions)
                #expect(count > 1)
                #expect(logged[program.name] == count)
            }
            let silent = try loadedSample()
            #expect(silent.loggedInstructions.isEmpty)
        }

        @Test func `constants reach the program`() throws {
            let object = try loadedSample(step: 1000)
            let links = try object.attach()
            call()
            call()
            #expect(try ArrayMap(object.map("counts"), value: UInt64.self).lookup(0, initial: 0) == 2000)
            _ = consume links
        }

        @Test func `only the programs that are wanted are attached`() throws {
            let object = try loadedSample()
            var links = Attachment()
            try object.attach(where: { $0.name == "on_getsid" }, to: &links)
            #expect(links.count == 1)
            call()
            #expect(try calls(object) == 0)
            try object.attach(where: { $0.section == "tp/syscalls/sys_enter_getpgid" }, to: &links)
            #expect(links.count == 2)
            call()
            #expect(try calls(object) == 1)
        }

        @Test func `a program that is not to be loaded is neither in the kernel nor attached`() throws {
            let open = try ObjectFile.open("sample")
            try open.setLoaded(false, program: "on_getpgid")
            try open.setLoaded(false, program: "on_getsid")
            try open.setLoaded(true, program: "on_getsid")
            let object = try open.load()
            #expect(try object.statistics().map(\.name) == ["on_getsid"])
            #expect(try object.attach().count == 1)
        }

        @Test func `statistics name each loaded program with a number of its own`() throws {
            let object = try loadedSample()
            let statistics = try object.statistics()
            #expect(statistics.map(\.name) == ["on_getpgid", "on_getsid"])
            #expect(Set(statistics.map(\.id)).count == 2)
            #expect(statistics.allSatisfy { $0.recursionMisses == 0 })
        }

        @Test func `nothing is left when object, links and maps are gone`() throws {
            var remains: KernelRemains?
            try Self.useEverything(&remains)
            let all = try #require(remains)
            #expect(all.programCount == 2)
            #expect(all.mapCount == 4)
            #expect(all.held == [])
            if KernelRemains.bpftool != nil { #expect(try all.inKernel() == ["prog": [], "map": []]) }
        }

        private static func useEverything(_ remains: inout KernelRemains?) throws {
            let object = try loadedSample()
            let links = try object.attach()
            var counts = try MappedArray(object.map("counts"), element: UInt64.self)
            try counts.reach(1)
            let seen = try HashMap(object.map("seen"), key: UInt64.self, value: UInt32.self)
            let ring = try RingBuffer(object.map("events")) { _ in }
            call()
            #expect(try ring.consume() == 1)
            #expect(try seen.entries().isEmpty)
            #expect(counts[0] == 1)
            remains = try KernelRemains(object, maps: ["counts", "seen", "numbers", "events"])
            #expect(remains?.held.count == 6)
            _ = consume links
        }

        @Test func `a map outlives its object`() throws {
            let object = try loadedSample()
            let counts = try ArrayMap(object.map("plain"), value: UInt64.self)
            _ = consume object
            #expect(try counts.lookup(3, initial: 7) == 0)
        }
    }
}
