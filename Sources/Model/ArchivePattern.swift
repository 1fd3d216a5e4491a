/// How the archives of one file are called: `activity.ndjson` has `activity-20261122T125330.123Z.ndjson`, with `.gz`
/// behind when it is packed.
///
/// Only what fits to the byte is an archive of that file. Everything else in its directory belongs to somebody else.
package struct ArchivePattern: Hashable, Sendable {
    package enum Form: CaseIterable, Sendable {
        case plain, packed
        /// Being packed, or left over by an agent that ended meanwhile.
        case unfinished

        fileprivate var ending: String {
            switch self {
            case .plain: ""
            case .packed: ".gz"
            case .unfinished: ".gz.tmp"
            }
        }
    }

    private let stem: String
    /// From the last dot on; empty when there is none but at the beginning.
    private let ending: String

    /// For the last component of a path.
    package init(fileName: String) {
        let bytes = fileName.utf8
        let dot = bytes.lastIndex(of: UInt8(ascii: ".")) ?? bytes.startIndex
        let split = dot == bytes.startIndex ? bytes.endIndex : dot
        (stem, ending) = (String(fileName[..<split]), String(fileName[split...]))
    }

    package func fileName(of name: ArchiveName, _ form: Form = .plain) -> String {
        "\(stem)-\(name.text)\(ending)\(form.ending)"
    }

    /// Which archive of the file has this name; nil when it is none.
    package func parse(_ fileName: some Collection<UInt8>) -> (name: ArchiveName, form: Form)? {
        guard fileName.starts(with: stem.utf8) else { return nil }
        let rest = fileName.dropFirst(stem.utf8.count)
        guard rest.first == UInt8(ascii: "-") else { return nil }
        for form in Form.allCases {
            let length = rest.count - 1 - ending.utf8.count - form.ending.utf8.count
            // Which lengths a name can have it says itself; this only saves the work for the others.
            guard length >= 20, rest.dropFirst(1 + length).elementsEqual("\(ending)\(form.ending)".utf8) else {
                continue
            }
            if let name = ArchiveName(text: rest.dropFirst().prefix(length)) { return (name, form) }
        }
        return nil
    }

    /// The most bytes the name of an archive can have beyond that of its file.
    package static let longestAddition = 26 + Form.unfinished.ending.utf8.count
}
