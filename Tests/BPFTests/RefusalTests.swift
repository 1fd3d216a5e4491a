import BPF
import Foundation
import Testing

/// What does not need the kernel: parsing and describing an object.
@Suite struct OpenObjectTests {
    @Test func `the programs are described in the order of the file`() throws {
        let programs = try ObjectFile.open("sample").programs
        #expect(programs.map(\.name) == ["on_getpgid", "on_getsid"])
        #expect(programs.map(\.section) == ["tp/syscalls/sys_enter_getpgid", "tp/syscalls/sys_enter_getsid"])
    }

    @Test(arguments: [[], Array("no object at all".utf8), [0x7f, 0x45, 0x4c, 0x46]])
    func `what is no object is refused`(bytes: [UInt8]) throws {
        let error = try failure { _ = try ObjectFile.open(Data(bytes), as: "nonsense") }
        #expect(error.operation == .open)
        #expect(error.subject == "nonsense")
        #expect(error.errno != 0)
    }

    @Test func `a name that the object does not have is a clear error`() throws {
        let open = try ObjectFile.open("sample")
        for error in [
            try failure { try open.setLoaded(false, program: "on_nobody") },
            try failure { try open.omit(map: "on_nobody") },
            try failure { try open.setMaxEntries(1, ofMap: "on_nobody") },
            try failure { try open.setConstants(UInt64(0), section: "on_nobody") },
        ] {
            #expect(error.operation == .find)
            #expect(error.errno == ENOENT)
            #expect(error.description == "cannot find 'on_nobody': No such file or directory")
        }
    }

    @Test func `constants of another size than the section are refused`() throws {
        let open = try ObjectFile.open("sample")
        let error = try failure { try open.setConstants(UInt64(0), section: ".rodata.config") }
        #expect(error.operation == .configure)
        #expect(error.errno == EINVAL)
        #expect(error.subject == ".rodata.config")
    }
}

extension BPFTests {
    /// What the kernel says no to.
    @Suite(.enabled(if: isRoot, rootReason)) struct Refusals {
        /// The broken object with only these programs, without its impossible map.
        private func broken(_ programs: Set<String>) throws -> OpenObject {
            let open = try ObjectFile.open("broken")
            for program in open.programs {
                try open.setLoaded(programs.contains(program.name), program: program.name)
            }
            try open.omit(map: "impossible")
            return open
        }

        /// How loading fails.
        private static func refusal(
            of object: consuming OpenObject, countsInstructions: Bool = false
        ) throws -> BPFError {
            do throws(BPFError) {
                _ = try object.load(countsInstructions: countsInstructions)
            } catch {
                return error
            }
            Issue.record("it was loaded")
            throw CancellationError()
        }

        @Test(arguments: [false, true])
        func `a refused program is named, with the verifier's reason`(countsInstructions: Bool) throws {
            let open = try broken(["on_fine", "on_refused"])
            let error = try Self.refusal(of: open, countsInstructions: countsInstructions)
            #expect(error.operation == .load)
            #expect(error.subject == "broken")
            #expect(error.refusedProgram == "on_refused")
            // "R0 invalid mem access 'scalar'"; up to 5.11 it says 'inv'.
            let verdict = try #require(error.verifierVerdict)
            #expect(verdict.contains("invalid mem access"))
            #expect(error.description.hasPrefix("cannot load 'on_refused': "))
            #expect(error.description.hasSuffix(" (the verifier says: \(verdict))"))
        }

        @Test func `a map that cannot be made is an error without a verdict, and may be left out`() throws {
            let open = try ObjectFile.open("broken")
            for program in open.programs where program.name != "on_fine" {
                try open.setLoaded(false, program: program.name)
            }
            let error = try Self.refusal(of: open)
            #expect(error.errno == EINVAL)
            #expect(error.verifierVerdict == nil)
            #expect(error.refusedProgram == nil)
            #expect(error.log.contains { $0.contains("impossible") })

            let object = try broken(["on_fine"]).load()
            let missing = try failure { _ = try object.map("impossible") }
            #expect(missing.operation == .find)
            #expect(try object.statistics().map(\.name) == ["on_fine"])
        }

        @Test func `when a program cannot be attached, those attached before are detached`() throws {
            let object = try broken(["on_fine", "on_nothing"]).load()
            let calls = try ArrayMap(object.map(".data.calls"), value: UInt64.self)
            let error = try failure { _ = try object.attach() }
            #expect(error.operation == .attach)
            #expect(error.subject == "on_nothing")
            #expect(error.errno == ENOENT)
            #expect(!error.log.isEmpty)
            call()
            #expect(try calls.lookup(0, initial: 0) == 0)

            var links = Attachment()
            _ = try failure { try object.attach(where: { _ in true }, to: &links) }
            #expect(links.count == 1, "the links that were made are the caller's")
            call()
            #expect(try calls.lookup(0, initial: 0) == 1)
            _ = consume links
        }

        @Test func `a map of another size or kind than asked for is refused`() throws {
            let object = try loadedSample()
            for error in [
                try failure { _ = try ArrayMap(object.map("plain"), value: UInt32.self) },
                try failure { _ = try MappedArray(object.map("counts"), element: UInt32.self) },
                try failure { _ = try HashMap(object.map("seen"), key: UInt32.self, value: UInt32.self) },
                try failure { _ = try HashMap(object.map("seen"), key: UInt64.self, value: UInt64.self) },
                try failure { _ = try Queue(object.map("numbers"), value: UInt64.self) },
                try failure { _ = try Queue(object.map("seen"), value: UInt32.self) },
                try failure { _ = try HashMap(object.map("plain"), key: UInt32.self, value: UInt64.self) },
                try failure { _ = try HashMap(object.map("apart"), key: UInt64.self, value: UInt32.self) },
                try failure { _ = try RingBuffer(object.map("plain")) { _ in } },
            ] {
                #expect(error.errno == EINVAL, "\(error)")
            }
        }

        @Test func `an array that is not made for it cannot be mapped`() throws {
            let object = try loadedSample()
            var plain = try MappedArray(object.map("plain"), element: UInt64.self)
            var error: BPFError?
            do { try plain.reach(1) } catch let refused { error = refused }
            #expect(error?.operation == .map)
            #expect(plain.mappedCount == 0)
        }

        @Test func `a map that the object does not have is a clear error`() throws {
            let object = try loadedSample()
            let error = try failure { _ = try object.map("nowhere") }
            #expect(error.description == "cannot find 'nowhere': No such file or directory")
        }
    }
}
