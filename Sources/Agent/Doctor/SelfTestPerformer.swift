internal import CSelfTest
internal import Glibc

/// The process that performs the operations: it does nothing else, so whatever is counted for it is theirs.
package enum SelfTestPerformer {
    package static let command = "self-test-operations"

    /// Prepares the directory, then performs the operations whose numbers come on standard input, one a line.
    ///
    /// Answers on standard output, a line each, the first for the preparation: 0 or -errno. Ends with the input, and
    /// takes the directory along, so that nothing stays when the doctor is killed.
    package static func serve(directory: String) {
        let prepared = selftest_prepare(directory)
        defer { selftest_remove(directory) }
        guard answer(prepared), prepared == 0 else { return }
        while let line = readLine() {
            guard let number = UInt32(line), answer(selftest_run(number, directory)) else { return }
        }
    }

    private static func answer(_ result: CInt) -> Bool {
        let line = Array("\(result)\n".utf8)
        return write(1, line, line.count) == line.count
    }
}
