import Foundation
import Testing

@testable import Machine

@Suite struct TracefsTests {
    @Test(
        arguments: [
            ("40 24 0:12 / /sys/kernel/tracing rw - tracefs otagent rw", true),
            ("40 24 0:12 / /sys/kernel/tracing rw shared:3 - tracefs otagent rw", true),
            ("40 24 0:12 / /sys/kernel/tracing rw - tracefs tracefs rw", false),
            ("40 24 0:12 / /sys/kernel/tracing rw - tracefs nodev rw", false),
            ("40 24 0:12 / /sys/kernel/tracing rw - tmpfs otagent rw", false),
            ("40 24 0:12 / /mnt rw - tracefs otagent rw", false),
            (
                "40 24 0:12 / /sys/kernel/tracing rw - tracefs otagent rw\n41 40 0:12 / /sys/kernel/tracing rw - tracefs nodev rw",
                false
            ),
            ("40 24 0:12 / /sys/kernel/tracing rw -", false),
            ("", false),
        ] as [(String, Bool)])
    func `only what bears our name is taken away`(mountinfo: String, isOurs: Bool) {
        #expect(Tracefs.isSource(of: "/sys/kernel/tracing", in: Array(mountinfo.utf8)) == isOurs)
    }

    @Test func `who may not mount it hears what is missing, and what to have done`() {
        let missing =
            "tracefs is not mounted, and mounting it takes CAP_SYS_ADMIN, which is missing here: have it mounted by "
        for error in [EPERM, EACCES] {
            #expect(
                Tracefs.cannotMount(error).description
                    == missing + "root (mount -t tracefs nodev /sys/kernel/tracing), or use sudo")
        }
        let absent = Tracefs.cannotMount(ENODEV).description
        #expect(absent.hasSuffix("No such device, as the kernel was built without it"), "\(absent)")
    }

    @Test(.enabled(if: getuid() == 0, "mounting needs root"))
    func `those that come and go at once never miss it, and the last one takes it away`() async throws {
        let before = access("/sys/kernel/tracing/events", F_OK) == 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<100 {
                        let tracefs = try Tracefs()
                        #expect(access("\(tracefs.path)/events/syscalls", F_OK) == 0)
                    }
                }
            }
            try await group.waitForAll()
        }
        // Another program may have mounted it meanwhile; what is sure is that ours is not left.
        let mountinfo = try readFile("/proc/self/mountinfo")
        #expect(before || !Tracefs.isSource(of: "/sys/kernel/tracing", in: mountinfo))
    }
}
