/// Which file is, or was last, found by a name.
struct NameTable {
    private var holders: [FileName: Int] = [:]
    /// How many names there are below each directory.
    private var below: [FileName: Int] = [:]

    subscript(_ name: FileName) -> Int? { holders[name] }

    mutating func bind(_ name: FileName, to file: Int) {
        guard holders.updateValue(file, forKey: name) == nil else { return }
        var directory = name.parent
        while let above = directory {
            below[above, default: 0] += 1
            directory = above.parent
        }
    }

    func hasNames(below directory: FileName) -> Bool { below[directory] != nil }

    /// In order, so that nothing depends on the chance of hashing.
    func names(below directory: FileName) -> [FileName] {
        guard hasNames(below: directory) else { return [] }
        return holders.keys.filter { $0.isBelow(directory) }.sorted()
    }
}
