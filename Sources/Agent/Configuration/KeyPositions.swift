/// Where each key of a configuration file stands.
///
/// The parser tells the places of syntax errors only, so the text is read a second time for the keys: tables,
/// arrays of tables, dotted and quoted keys, inline tables and the elements of arrays.
struct KeyPositions {
    struct Place: Equatable {
        var key: SourcePosition
        var value: SourcePosition
    }

    /// Where a string or a key has a NUL in it.
    private(set) var nulls: [SourcePosition] = []
    private var places: [ConfigurationKey: Place] = [:]
    /// Tables known so far only because a longer header or dotted key names them.
    private var implicit: Set<ConfigurationKey> = []
    /// How many tables each array of tables has so far.
    private var tableCounts: [ConfigurationKey: Int] = [:]

    /// Reads a text the parser has accepted.
    init(_ text: String) {
        var scanner = TOMLScanner(text)
        var table = ConfigurationKey()
        scanner.skipSpace()
        while !scanner.isAtEnd {
            if scanner.next == "[" {
                table = header(&scanner)
            } else {
                pair(&scanner, in: table)
            }
            scanner.skipLine()
            scanner.skipSpace()
        }
        nulls = scanner.nulls
    }

    subscript(_ key: ConfigurationKey) -> Place? { places[key] }

    /// Where to point for `key`: at itself, or at what it would be in.
    func key(_ key: ConfigurationKey) -> SourcePosition { nearest(key).key }

    /// Where the value of `key` begins.
    func value(_ key: ConfigurationKey) -> SourcePosition { nearest(key).value }

    private func nearest(_ key: ConfigurationKey) -> Place {
        var steps = key.steps
        while !steps.isEmpty {
            if let place = places[ConfigurationKey(steps)] { return place }
            steps.removeLast()
        }
        return Place(key: .start, value: .start)
    }

    private mutating func note(_ key: ConfigurationKey, _ place: Place, implicit isImplicit: Bool = false) {
        if isImplicit {
            if places[key] == nil {
                places[key] = place
                implicit.insert(key)
            }
        } else if places[key] == nil || implicit.remove(key) != nil {
            places[key] = place
        }
    }

    private mutating func header(_ scanner: inout TOMLScanner) -> ConfigurationKey {
        let isArray = scanner.starts(with: "[[")
        scanner.advance(isArray ? 2 : 1)
        let parts = scanner.dottedKey()
        var key = ConfigurationKey()
        for (offset, part) in parts.enumerated() {
            let isLast = offset == parts.count - 1
            key = key.appending(part.name)
            let place = Place(key: part.position, value: part.position)
            if isLast, isArray {
                note(key, place)
                key = key.appending(tableCounts[key, default: 0])
                tableCounts[ConfigurationKey(Array(key.steps.dropLast())), default: 0] += 1
                note(key, place)
            } else {
                note(key, place, implicit: !isLast)
                if let count = tableCounts[key] { key = key.appending(count - 1) }
            }
        }
        return key
    }

    private mutating func pair(_ scanner: inout TOMLScanner, in table: ConfigurationKey) {
        var key = table
        let parts = scanner.dottedKey()
        for part in parts.dropLast() {
            key = key.appending(part.name)
            note(key, Place(key: part.position, value: part.position), implicit: true)
        }
        guard let last = parts.last, scanner.next == "=" else { return scanner.advance() }
        scanner.advance()
        scanner.skipBlanks()
        key = key.appending(last.name)
        note(key, Place(key: last.position, value: scanner.position))
        value(&scanner, of: key)
    }

    private mutating func value(_ scanner: inout TOMLScanner, of key: ConfigurationKey) {
        switch scanner.next {
        case "\""?, "'"?: scanner.skipString()
        case "["?: array(&scanner, of: key)
        case "{"?: inlineTable(&scanner, of: key)
        default: scanner.skipBareValue()
        }
    }

    private mutating func array(_ scanner: inout TOMLScanner, of key: ConfigurationKey) {
        scanner.advance()
        scanner.skipSpace(commas: true)
        var count = 0
        while let next = scanner.next, next != "]" {
            let before = scanner.position
            let element = key.appending(count)
            note(element, Place(key: before, value: before))
            value(&scanner, of: element)
            // A bare value of no length would stay here forever; valid TOML has none.
            if scanner.position == before { scanner.advance() }
            scanner.skipSpace(commas: true)
            count += 1
        }
        scanner.advance()
    }

    private mutating func inlineTable(_ scanner: inout TOMLScanner, of key: ConfigurationKey) {
        scanner.advance()
        scanner.skipSpace(commas: true)
        while let next = scanner.next, next != "}" {
            let before = scanner.position
            pair(&scanner, in: key)
            if scanner.position == before { scanner.advance() }
            scanner.skipSpace(commas: true)
        }
        scanner.advance()
    }
}
