internal import CSelfTest
internal import Glibc

/// The performing process as the doctor sees it, with a directory of its own; both are gone when this is.
struct SelfTestChild: ~Copyable {
    struct Trouble: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private let directory: String
    private let pid: pid_t
    private let questions: CInt
    private let answers: CInt

    /// Milliseconds for one operation: none takes one of them, but a kernel may hang.
    private static let patience: CInt = 10_000

    private init(directory: String) throws {
        let spawned: (pid: pid_t, questions: CInt, answers: CInt)
        do {
            spawned = try Self.spawn(directory)
        } catch {
            selftest_remove(directory)
            throw error
        }
        self.directory = directory
        (pid, questions, answers) = spawned
    }

    /// Starts the process and returns when it has prepared everything.
    static func start() throws -> Self {
        let child = try Self(directory: makeDirectory())
        let prepared = try child.answer()
        guard prepared == 0 else {
            throw Trouble("cannot prepare \(child.directory): \(String(cString: strerror(-prepared)))")
        }
        return child
    }

    deinit {
        close(questions)
        close(answers)
        kill(pid, SIGKILL)
        while waitpid(pid, nil, 0) < 0, errno == EINTR {}
        selftest_remove(directory)
    }

    /// Has it done; 0 or -errno, and all that it counts for is counted.
    func perform(_ operation: SelfTestOperation) throws -> CInt {
        let line = Array("\(operation.number)\n".utf8)
        guard write(questions, line, line.count) == line.count else {
            throw Trouble("the process that performs the operations has ended")
        }
        return try answer()
    }

    private func answer() throws -> CInt {
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            var poll = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
            let ready = Glibc.poll(&poll, 1, Self.patience)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { throw Trouble("an operation did not end within \(Self.patience / 1000) s") }
            var byte: UInt8 = 0
            guard read(answers, &byte, 1) == 1 else {
                throw Trouble("the process that performs the operations has ended")
            }
            line.append(byte)
        }
        guard let result = CInt(String(decoding: line.dropLast(), as: UTF8.self)) else {
            throw Trouble("the process that performs the operations answered with no number")
        }
        return result
    }

    private static func makeDirectory() throws -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path = Array("\(parent)/otagent-doctor-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else {
            throw Trouble("cannot make a directory in \(parent): \(String(cString: strerror(errno)))")
        }
        return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func spawn(_ directory: String) throws -> (pid: pid_t, questions: CInt, answers: CInt) {
        let questions = try pipe()
        let answers = try pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, questions.read, 0)
        posix_spawn_file_actions_adddup2(&actions, answers.write, 1)

        let words: [String] = ["otagent", SelfTestPerformer.command, directory]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, "/proc/self/exe", &actions, nil, &arguments, environ)
        close(questions.read)
        close(answers.write)
        guard failure == 0 else {
            close(questions.write)
            close(answers.read)
            throw Trouble("cannot start a process: \(String(cString: strerror(failure)))")
        }
        return (pid, questions.write, answers.read)
    }

    private static func pipe() throws -> (read: CInt, write: CInt) {
        var ends: [CInt] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Trouble("cannot make a pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
