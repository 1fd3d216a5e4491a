internal import Model

/// Any bytes in printable ASCII.
enum PercentText {
    static func text(_ bytes: ByteString) -> String {
        var text: [UInt8] = []
        for byte in bytes.bytes {
            if 0x21...0x7E ~= byte, byte != UInt8(ascii: "%"), byte != UInt8(ascii: "/") || bytes.bytes.first == byte {
                text.append(byte)
            } else {
                let digits = String(byte, radix: 16)
                text += ("%" + (digits.utf8.count == 1 ? "0" : "") + digits).utf8
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for what `text` would not have made.
    static func bytes(_ text: some StringProtocol) -> ByteString? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            rest = rest.dropFirst(2)
            guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
        }
        return ByteString(bytes)
    }
}

/// One line of a baseline.
struct BaselineLine {
    let members: [String: FlatObject.Value]

    init?(_ bytes: ArraySlice<UInt8>) {
        guard let members = FlatObject.members(of: bytes) else { return nil }
        self.members = members
    }

    func number(_ name: String) -> Int64? {
        guard case .number(let value)? = members[name] else { return nil }
        return Int64(exactly: value)
    }

    func string(_ name: String) -> String? {
        guard case .string(let text)? = members[name] else { return nil }
        return text
    }

    /// Outer nil for what is not such a member.
    func name(_ name: String) -> ByteString?? {
        switch members[name] {
        case .null?: .some(nil)
        case .string(let text)?: PercentText.bytes(text).map { .some($0) }
        case .number?, nil: nil
        }
    }
}

/// Puts the lines together, in their order.
struct BaselineLines {
    private var units: [BaselineUnit: Baseline.Unit] = [:]
    private var unit: (key: BaselineUnit, value: Baseline.Unit)?
    private var writer: (key: BaselineWriter, value: DirectoryTree)?

    /// All units, when the last line was taken.
    var finished: [BaselineUnit: Baseline.Unit] {
        mutating get {
            endUnit()
            return units
        }
    }

    /// False for a line that cannot stand here.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let line = BaselineLine(bytes) else { return false }
        if line.members["dir"] != nil { return takeDirectory(line) }
        return line.members["exe"] != nil ? takeWriter(line) : takeUnit(line)
    }

    private mutating func takeUnit(_ line: BaselineLine) -> Bool {
        guard let unit = line.name("unit"), let slice = line.name("slice"), let userUnit = line.name("user_unit"),
            let userSlice = line.name("user_slice"), let container = line.name("container"),
            let since = line.number("since"), let first = line.number("first"), let unjudged = line.number("unjudged")
        else { return false }
        endUnit()
        let key = BaselineUnit(
            slice: slice, unit: unit, userSlice: userSlice, userUnit: userUnit, container: container)
        var value = Baseline.Unit(since: .nanoseconds(since), first: Timestamp(nanoseconds: first))
        value.unjudged = UInt64(unjudged)
        self.unit = (key, value)
        return units[key] == nil
    }

    private mutating func takeWriter(_ line: BaselineLine) -> Bool {
        guard unit != nil, let executable = line.name("exe"), let comm = line.name("comm"),
            let uid = line.number("uid").flatMap({ UInt32(exactly: $0) })
        else { return false }
        endWriter()
        let key = BaselineWriter(executable: executable, comm: comm, uid: uid)
        writer = (key, DirectoryTree())
        return unit?.value.writers[key] == nil
    }

    private mutating func takeDirectory(_ line: BaselineLine) -> Bool {
        guard writer != nil, let directory = line.string("dir"), let first = line.number("first"),
            let state = line.string("state").flatMap(DirectoryTree.Entry.State.init), let names = line.string("ops")
        else { return false }
        var operations: Set<WatchedOperation> = []
        for name in names.split(separator: " ") {
            guard let operation = WatchedOperation(name: String(name)) else { return false }
            operations.insert(operation)
        }
        var place: [ByteString] = []
        for part in directory.split(separator: "/") {
            guard let name = PercentText.bytes(part) else { return false }
            place.append(name)
        }
        let entry = DirectoryTree.Entry(state: state, operations: operations, first: Timestamp(nanoseconds: first))
        writer?.value.restore(entry, at: place)
        return true
    }

    private mutating func endWriter() {
        if let writer { unit?.value.writers[writer.key] = writer.value }
        writer = nil
    }

    private mutating func endUnit() {
        endWriter()
        if let unit { units[unit.key] = unit.value }
        unit = nil
    }
}
