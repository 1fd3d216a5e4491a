/// A name that ends in characters of chance, as mkstemp(3) and its like make them: `job-aB3dEf`.
///
/// One such name alone is nothing to go by, as people write in capitals, too. Many of the same shape side by side are.
struct MadeUpName {
    /// The name with a `?` for each character of chance.
    let shape: ByteString

    private static var shortest: Int { 6 }
    private static var longest: Int { 32 }
    /// Names of so few characters are the beginnings of longer ones, by which stores of many files part them: `0a/`, `HB/`.
    private static let few = 1...2

    /// Nil when the end of the name is one word, or one number.
    init?(_ name: ByteString) {
        let (head, tail) = Self.split(name)
        guard
            Self.few ~= name.count && tail.count == name.count
                || Self.shortest...Self.longest ~= tail.count && Self.isMixed(tail)
        else { return nil }
        shape = Self.shape(head, tail.count)
    }

    /// The shapes that a name may have where others have made it sure that there is one: chance may make a word as well,
    /// or so many digits that they were folded.
    static func shapes(fitting name: ByteString) -> [ByteString] {
        let (head, tail) = split(name)
        if few ~= name.count, tail.count == name.count { return [shape(head, tail.count)] }
        if tail.contains(UInt8(ascii: "*")) { return (shortest...longest).map { shape(head, $0) } }
        return shortest...longest ~= tail.count ? [shape(head, tail.count)] : []
    }

    private static func split(_ name: ByteString) -> (head: ArraySlice<UInt8>, tail: ArraySlice<UInt8>) {
        let isOfTail = { (byte: UInt8) in byte.isAlphanumeric || byte == UInt8(ascii: "*") }
        let start = name.bytes.lastIndex { !isOfTail($0) }.map { $0 + 1 } ?? 0
        return (name.bytes[..<start], name.bytes[start...])
    }

    private static func shape(_ head: ArraySlice<UInt8>, _ count: Int) -> ByteString {
        ByteString(head + [UInt8](repeating: UInt8(ascii: "?"), count: count))
    }

    /// Of letters and digits, or of letters that are large and small in no order that a word has.
    private static func isMixed(_ tail: ArraySlice<UInt8>) -> Bool {
        guard tail.allSatisfy(\.isAlphanumeric) else { return false }
        let digits = tail.count(where: \.isDigit)
        if digits > 0 { return digits < tail.count }
        let isCapitalized = tail.dropFirst().allSatisfy(\.isLowercaseLetter)
        return !isCapitalized && tail.contains(where: \.isLowercaseLetter)
    }
}

/// Where each directory matters by its name, however many there are: what decides who may log in, what starts, and what is run.
enum SensitivePlace {
    private static let trees: [[ByteString]] = [
        "/etc", "/boot", "/efi", "/root", "/bin", "/sbin", "/lib/systemd", "/lib/modules", "/usr/bin", "/usr/sbin",
        "/usr/local/bin", "/usr/local/sbin", "/usr/local/etc", "/usr/lib/systemd", "/usr/lib/modules", "/usr/libexec",
        "/var/spool/cron", "/run/systemd",
    ].map { (path: String) in path.split(separator: "/").map { ByteString(String($0)) } }
    /// The directories in these are told apart, but not those deeper.
    private static let parents: Set<[ByteString]> = [
        [], ["usr"], ["usr", "lib"], ["usr", "local"], ["lib"], ["var"], ["var", "lib"], ["var", "spool"], ["opt"],
        ["srv"], ["home"], ["run"],
    ]
    private static let names: Set<ByteString> = [".ssh", ".gnupg", "systemd", "autostart"]

    static func contains(_ parts: [ByteString]) -> Bool {
        parents.contains(parts) || parts.contains(where: names.contains)
            || trees.contains { parts.starts(with: $0) }
    }
}
