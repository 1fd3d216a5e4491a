internal import CSQLite
internal import Glibc
internal import Model

/// A new SQLite database, written beside the file it becomes and only then given its name.
///
/// Everything is one transaction: there is a whole database afterwards, or none.
struct SQLiteFile: ~Copyable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    enum Value {
        case null
        case number(Int64)
        case text(String)
        /// Text where it is UTF-8, a blob with the very bytes where it is not.
        case bytes(ByteString)

        init(_ number: (some BinaryInteger)?) { self = number.map { .number(Int64(clamping: $0)) } ?? .null }
        init(_ text: String?) { self = text.map { .text($0) } ?? .null }
        init(_ bytes: ByteString?) { self = bytes.map { .bytes($0) } ?? .null }
    }

    private let database: OpaquePointer
    private let path: String
    private let temporary: String

    private init(_ database: OpaquePointer, path: String, temporary: String) {
        (self.database, self.path, self.temporary) = (database, path, temporary)
    }

    static func new(_ path: String, owner: TraceOutput.Owner?, schema: String) throws(Failure) -> SQLiteFile {
        let temporary = "\(path).\(getpid()).tmp"
        let made = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard made >= 0 else {
            throw Failure(description: "cannot make \(temporary.legible): \(String(cString: strerror(errno)))")
        }
        owner?.take(made)
        close(made)
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(temporary, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, nil)
        guard result == SQLITE_OK, let opened else {
            sqlite3_close(opened)
            unlink(temporary)
            throw Failure(description: "cannot write \(path.legible): \(String(cString: sqlite3_errstr(result)))")
        }
        let file = SQLiteFile(opened, path: path, temporary: temporary)
        // Nobody else sees the file before it is whole, so there is nothing to go back to.
        try file.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;")
        try file.execute(schema)
        return file
    }

    deinit {
        sqlite3_close(database)
        // Gone already when it got its name.
        unlink(temporary)
    }

    /// For rows of one table.
    func rows(of table: String, columns: Int) throws(Failure) -> Rows {
        let marks = Array(repeating: "?", count: columns).joined(separator: ",")
        var prepared: OpaquePointer?
        let result = sqlite3_prepare_v2(database, "INSERT INTO \(table) VALUES (\(marks))", -1, &prepared, nil)
        guard result == SQLITE_OK, let prepared else { throw failure() }
        return Rows(prepared, of: path)
    }

    /// A prepared insertion; used up before the database is finished.
    struct Rows: ~Copyable {
        private let statement: OpaquePointer
        private let path: String

        fileprivate init(_ statement: OpaquePointer, of path: String) {
            (self.statement, self.path) = (statement, path)
        }

        deinit { sqlite3_finalize(statement) }

        func add(_ values: [Value]) throws(Failure) {
            for (index, value) in values.enumerated() {
                let result = value.bind(to: statement, at: CInt(index + 1))
                guard result == SQLITE_OK else { throw failure(result) }
            }
            let result = sqlite3_step(statement)
            guard result == SQLITE_DONE else { throw failure(result) }
            sqlite3_reset(statement)
        }

        private func failure(_ result: CInt) -> Failure {
            Failure(description: "cannot write \(path.legible): \(String(cString: sqlite3_errstr(result)))")
        }
    }

    /// - Parameter replaces: whether a file of that name may be there.
    consuming func finish(replaces: Bool) throws(Failure) {
        try execute("COMMIT;")
        // A link never replaces anything; the temporary name goes away with us.
        guard (replaces ? rename(temporary, path) : link(temporary, path)) == 0 else {
            let reason =
                errno == EEXIST ? "it is there already: replace it with --force" : String(cString: strerror(errno))
            throw Failure(description: "cannot make \(path.legible): \(reason)")
        }
    }

    private func execute(_ text: String) throws(Failure) { try check(sqlite3_exec(database, text, nil, nil, nil)) }

    private func check(_ result: CInt) throws(Failure) {
        if result != SQLITE_OK { throw failure() }
    }

    private func failure() -> Failure {
        Failure(description: "cannot write \(path.legible): \(String(cString: sqlite3_errmsg(database)))")
    }
}

extension SQLiteFile.Value {
    fileprivate func bind(to statement: OpaquePointer, at index: CInt) -> CInt {
        switch self {
        case .null: sqlite3_bind_null(statement, index)
        case .number(let number): sqlite3_bind_int64(statement, index, number)
        case .text(let text): Self.bind(ByteString(text), isText: true, to: statement, at: index)
        case .bytes(let bytes): Self.bind(bytes, isText: bytes.text != nil, to: statement, at: index)
        }
    }

    private static func bind(
        _ bytes: ByteString, isText: Bool, to statement: OpaquePointer, at index: CInt
    ) -> CInt {
        bytes.bytes.withUnsafeBytes { buffer in
            // An empty array may have no address, which would be taken for NULL.
            guard let start = buffer.baseAddress else { return sqlite3_bind_text(statement, index, "", 0, nil) }
            return isText
                ? ot_bind_text(statement, index, start.assumingMemoryBound(to: CChar.self), CInt(buffer.count))
                : ot_bind_blob(statement, index, start, CInt(buffer.count))
        }
    }
}
