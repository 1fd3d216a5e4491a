package import Machine
internal import Model

/// As whom a command runs.
package struct ChildUser: Sendable, Equatable {
    package let uid: UInt32
    package let gid: UInt32
    package let groups: [UInt32]
    /// Absent where the number is nobody's that is known.
    package let record: UserRecord?

    package init(uid: UInt32, gid: UInt32, groups: [UInt32], record: UserRecord?) {
        (self.uid, self.gid, self.groups, self.record) = (uid, gid, groups, record)
    }

    /// Who is meant, before anybody was looked up.
    package enum Choice: Sendable, Equatable {
        /// As the tracer.
        case own
        /// Who has called sudo, with the group at that time.
        case caller(uid: UInt32, gid: UInt32?)
        /// A name, or a number.
        case named(String)

        /// - Parameters:
        ///   - option: what `--user` says.
        ///   - effective: the user as whom the tracer runs.
        package init(option: String?, environment: [String: String], effective: UInt32) throws(TraceRefusal) {
            if let option {
                self = .named(option)
            } else if effective == 0, let caller = try SudoCaller(environment), caller.uid != 0 {
                self = .caller(uid: caller.uid, gid: caller.gid)
            } else {
                self = .own
            }
        }
    }

    /// Nil where nothing changes.
    package static func find(_ choice: Choice, effective: UInt32) throws(TraceRefusal) -> ChildUser? {
        switch choice {
        case .own: return nil
        case .caller(let uid, let gid):
            let record = UserRecord.numbered(uid)
            guard let gid = gid ?? record?.gid else {
                throw TraceRefusal(
                    .argument, "SUDO_UID is \(uid), who is nobody that is known here, and SUDO_GID is absent")
            }
            return ChildUser(uid: uid, gid: gid, groups: record?.groups(primary: gid) ?? [gid], record: record)
        case .named(let text):
            let number = SudoCaller.number(text)
            guard let record = UserRecord.named(text) ?? number.flatMap({ UserRecord.numbered($0) }) else {
                if let number {
                    return number == effective
                        ? nil : ChildUser(uid: number, gid: number, groups: [number], record: nil)
                }
                throw TraceRefusal(.argument, "there is no user '\(text.legible)'")
            }
            if record.uid == effective { return nil }
            return ChildUser(
                uid: record.uid, gid: record.gid, groups: record.groups(primary: record.gid), record: record)
        }
    }

    /// For the sentence that says what went wrong.
    var shown: String { record?.name.legible ?? "user \(uid)" }
}

/// Who has called sudo, by what sudo leaves in the environment.
package struct SudoCaller: Sendable, Equatable {
    package let uid: UInt32
    package let gid: UInt32?

    /// Nil where sudo was not used.
    package init?(_ environment: [String: String]) throws(TraceRefusal) {
        guard let uid = environment["SUDO_UID"] else { return nil }
        func number(_ name: String, _ text: String) throws(TraceRefusal) -> UInt32 {
            guard let number = Self.number(text) else {
                throw TraceRefusal(
                    .argument,
                    """
                    \(name) is '\(text.legible)', which is no number that sudo sets: unset it, or say with --user as whom the \
                    command is to run
                    """)
            }
            return number
        }
        self.uid = try number("SUDO_UID", uid)
        var gid: UInt32?
        if let text = environment["SUDO_GID"] { gid = try number("SUDO_GID", text) }
        self.gid = gid
    }

    /// A user's or a group's number; the largest stands for none.
    static func number(_ text: String) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return UInt32(text).flatMap { $0 == .max ? nil : $0 }
    }
}
