import Foundation
import Glibc
import Testing

extension SystemTests {
    /// The machines of the tests themselves: nothing of one outlives it.
    @Suite(.enabled(if: BootedMachine.isPossible, "systemd is not installed"))
    struct Machines {
        private let folder: Folder
        init() throws { folder = try Folder() }

        private func isLeft(_ machine: BootedMachine) -> Bool {
            FileManager.default.fileExists(atPath: machine.cgroup)
                || FileManager.default.fileExists(atPath: "/run/opentrace-machines/\(machine.name)")
                || isRunning(machine)
        }

        /// A process that has ended has no program any more, though its parent may not have asked for its status yet.
        private func isRunning(_ machine: BootedMachine) -> Bool {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(machine.leader)/exe")) != nil
        }

        @Test func `two run side by side, and nothing is left of either`() throws {
            let machines = [try BootedMachine(in: folder), try BootedMachine(in: folder)]
            for machine in machines {
                #expect(try machine.enter("hostname") == "\(machine.name)\n")
                try machine.enter("systemd-run", "--quiet", "sleep", "infinity")
                #expect(isLeft(machine))
            }
            for machine in machines {
                machine.stop()
                #expect(!isLeft(machine))
            }
        }

        @Test func `one whose holder was killed runs no more, and the next one sweeps the rest up`() throws {
            let killed = try BootedMachine(in: folder)
            try killed.enter("systemd-run", "--quiet", "sleep", "infinity")
            killed.killHolder()
            let deadline = ContinuousClock.now + .seconds(20)
            while isRunning(killed) && ContinuousClock.now < deadline { sched_yield() }
            #expect(!isRunning(killed))
            let next = try BootedMachine(in: folder)
            #expect(!isLeft(killed))
            #expect(isLeft(next))
        }
    }
}
