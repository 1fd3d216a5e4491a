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
    private func choice(direct: Bool, hasEvent: (String) -> Bool) throws -> ProgramChoice {
        ProgramChoice(try carriedPrograms(), direct: direct, hasEvent: hasEvent)
    }

    /// The tracepoints that chosen programs attach to, as a list: one that is there twice would count twice.
    private func events(_ choice: ProgramChoice) throws -> [String] {
        try carriedPrograms().filter { choice.wanted.contains($0.name) }.map { String($0.section.dropFirst(3)) }
    }

    @Test(arguments: [true, false])
    func `a kernel with everything gets one program for each event`(direct: Bool) throws {
        let choice = try choice(direct: direct) { $0 != "io_uring/io_uring_submit_sqe" }
        let events = try events(choice)
        #expect(choice.missing == [])
        #expect(Set(events).count == events.count)
        let all = Set(try carriedPrograms().map { String($0.section.dropFirst(3)) })
        #expect(Set(events) == all.subtracting(["io_uring/io_uring_submit_sqe"]))
    }

    @Test func `the two sets have nothing in common but programs that read nothing`() throws {
        let direct = try choice(direct: true) { _ in true }.wanted
        let probed = try choice(direct: false) { _ in true }.wanted
        #expect(direct.allSatisfy { !$0.hasSuffix("_probed") })
        for name in direct.intersection(probed) {
            #expect(try !carriedPrograms().contains { $0.name == name + "_probed" })
        }
        #expect(direct.count == probed.count)
    }

    @Test func `a request's begin is seen where it is called by its older name`() throws {
        let choice = try choice(direct: false) { $0 != "io_uring/io_uring_submit_req" }
        #expect(choice.missing == [])
        #expect(try events(choice).contains("io_uring/io_uring_submit_sqe"))
    }

    @Test func `a kernel without io_uring is told to miss it, each event once`() throws {
        let choice = try choice(direct: true) { !$0.hasPrefix("io_uring/") }
        let missing = Set(try carriedPrograms().map(\.section).filter { $0.hasPrefix("tp/io_uring/") })
            .subtracting(["tp/io_uring/io_uring_submit_sqe"])
        let expected = missing.map { "\($0.dropFirst(3)): this kernel has no such event" }.sorted()
        #expect(choice.missing.count == expected.count && !expected.isEmpty)
        #expect(zip(choice.missing.sorted(), expected).allSatisfy { $0.hasPrefix($1) })
        #expect(try events(choice).allSatisfy { !$0.hasPrefix("io_uring/") })
    }

    @Test func `a kernel without events gets no programs`() throws {
        #expect(try choice(direct: true) { _ in false }.wanted == [])
    }

    @Test func `one missing system call is named`() throws {
        let choice = try choice(direct: true) { $0 != "syscalls/sys_exit_openat2" }
        #expect(choice.missing == ["syscalls/sys_exit_openat2: this kernel has no such event"])
    }
}

@Suite struct ProgramGroupTests {
    @Test func `every program is in the group of what it watches`() throws {
        for program in try carriedPrograms() {
            let event = program.section.dropFirst("tp/".count)
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
