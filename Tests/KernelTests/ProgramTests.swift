import BPF
import KernelABI
import Testing

@testable import Kernel

/// The programs that the agent carries, described without a kernel.
func carriedPrograms() throws -> [ProgramDescription] {
    try OpenObject("files", bytes: UnsafeRawBufferPointer(start: ot_object_files.bytes, count: ot_object_files.size))
        .programs
}

@Suite struct ProgramChoiceTests {
    private func choice(
        direct: Bool, copies: Bool = false, hasEvent: (String) -> Bool
    ) throws -> ProgramChoice {
        ProgramChoice(try carriedPrograms(), direct: direct, copies: copies, hasEvent: hasEvent)
    }

    /// The tracepoints that chosen programs attach to, as a list: one that is there twice would count twice.
    private func events(_ choice: ProgramChoice) -> [String] {
        choice.wanted.values.flatMap(\.self)
    }

    @Test(arguments: [true, false])
    func `a kernel with everything gets one program for each event`(direct: Bool) throws {
        let choice = try choice(direct: direct) { $0 != "io_uring/io_uring_submit_sqe" }
        let events = events(choice)
        #expect(choice.missing == [])
        #expect(Set(events).count == events.count)
        let all = Set(try carriedPrograms().flatMap(\.places))
        #expect(Set(events) == all.subtracting(["io_uring/io_uring_submit_sqe"]))
    }

    @Test func `the two sets have nothing in common but programs that read nothing`() throws {
        let direct = Set(try choice(direct: true) { _ in true }.wanted.keys)
        let probed = Set(try choice(direct: false) { _ in true }.wanted.keys)
        #expect(direct.allSatisfy { !$0.hasSuffix("_probed") })
        for name in direct.intersection(probed) {
            #expect(try !carriedPrograms().contains { $0.name == name + "_probed" })
        }
        #expect(direct.count == probed.count)
    }

    @Test func `where programs can be preempted each at a system call has two copies, which follow it`() throws {
        let without = try choice(direct: true) { _ in true }.wanted
        let with = try choice(direct: true, copies: true) { _ in true }.wanted
        #expect(without.keys.allSatisfy { !ProgramGroup.isCopy($0) })
        let order = try carriedPrograms().map(\.name)
        for (name, events) in without where events.contains(where: { $0.hasPrefix("syscalls/") }) {
            let copies = ProgramGroup.copies.map { name + $0 }
            #expect(copies.allSatisfy { with[$0] == events }, "\(name)")
            let places = ([name] + copies).map { order.firstIndex(of: $0) ?? -1 }
            #expect(places == places.sorted())
        }
        #expect(Set(with.keys).subtracting(without.keys).allSatisfy(ProgramGroup.isCopy))
        #expect(
            try choice(direct: false, copies: true) { _ in true }.wanted.keys.allSatisfy { !ProgramGroup.isCopy($0) })
    }

    @Test func `a request's begin is seen where it is called by its older name`() throws {
        let choice = try choice(direct: false) { $0 != "io_uring/io_uring_submit_req" }
        #expect(choice.missing == [])
        #expect(events(choice).contains("io_uring/io_uring_submit_sqe"))
    }

    @Test func `a kernel without io_uring is told to miss it, each event once`() throws {
        let choice = try choice(direct: true) { !$0.hasPrefix("io_uring/") }
        let missing = Set(try carriedPrograms().flatMap(\.places).filter { $0.hasPrefix("io_uring/") })
            .subtracting(["io_uring/io_uring_submit_sqe"])
        let expected = missing.map { "\($0): this kernel has no such event" }.sorted()
        #expect(choice.missing.count == expected.count && !expected.isEmpty)
        #expect(zip(choice.missing.sorted(), expected).allSatisfy { $0.hasPrefix($1) })
        #expect(events(choice).allSatisfy { !$0.hasPrefix("io_uring/") })
    }

    @Test func `a kernel without events gets no programs`() throws {
        #expect(try choice(direct: true) { _ in false }.wanted == [:])
    }

    @Test func `one missing system call is named`() throws {
        let choice = try choice(direct: true) { $0 != "syscalls/sys_exit_openat2" }
        #expect(choice.missing == ["syscalls/sys_exit_openat2: this kernel has no such event"])
    }
}

@Suite struct ProgramGroupTests {
    @Test func `every program is in the group of what it watches`() throws {
        for (program, event) in try carriedPrograms().flatMap({ program in program.places.map { (program, $0) } }) {
            let call = event.dropFirst("syscalls/sys_exit_".count)
            let words: KeyValuePairs<String, ProgramGroup> = [
                "unlink": .delete, "rmdir": .delete, "rename": .rename, "mkdir": .mkdir, "mknod": .mknod,
                "symlink": .symlink, "link": .link, "truncate": .truncate, "allocate": .allocate, "sync": .sync,
                "mmap": .sharedMap, "open": .open, "creat": .open, "write": .write, "sendfile": .write,
                "splice": .write, "copy_file_range": .write,
            ]
            let expected: ProgramGroup? =
                if event.hasPrefix("io_uring/") {
                    .ioUring
                } else if event.hasPrefix("cgroup/") {
                    .cgroup
                } else if event.contains("_io_") {
                    .aio
                } else {
                    words.first { call.contains($0.key) }?.value
                }
            #expect(expected != nil, "\(program.name) has no place in missed_runs")
            #expect(ProgramGroup(program: program.name) == expected, "\(program.name)")
        }
    }

    @Test func `every group has programs`() throws {
        let groups = Set(try carriedPrograms().compactMap { ProgramGroup(program: $0.name) })
        #expect(groups == Set(ProgramGroup.allCases))
    }
}

@Suite struct KernelErrorTests {
    @Test(arguments: [
        (KernelError.notPrivileged, "CAP_BPF"), (.noTypes, "CONFIG_DEBUG_INFO_BTF"),
        (.noEvents("/nowhere"), "/nowhere"),
    ])
    func `an error says what to do`(error: KernelError, word: String) {
        #expect(error.description.contains(word))
    }
}
