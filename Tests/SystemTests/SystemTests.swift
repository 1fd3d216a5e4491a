import Foundation
import Glibc
import Testing

extension Tag {
    /// Needs root and a kernel that lets BPF programs load.
    @Tag static var system: Self
}

/// The built programs, seen from outside: everything here runs them as a user does and looks at what comes out.
///
/// One after the other, since each starts an agent of its own and some fill the machine with cgroups.
@Suite(.serialized, .tags(.system), .enabled(if: geteuid() == 0, "needs root"), .timeLimit(.minutes(10)))
struct SystemTests {}
