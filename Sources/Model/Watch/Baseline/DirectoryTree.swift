/// The directories in which one writer is known, as a tree of their parts.
package struct DirectoryTree: Sendable {
    /// What is known of a writer in a directory.
    package struct Entry: Sendable, Equatable {
        package enum State: String, Sendable, CaseIterable {
            /// Seen while its unit learned.
            case learned
            /// Seen first when its unit had learned: reported, and waiting for somebody to say what it is.
            case found
            case accepted
        }

        package var state: State
        /// Every operation that was seen; none of them makes a combination a new one.
        package var operations: Set<WatchedOperation>
        package var first: Timestamp

        package init(state: State, operations: Set<WatchedOperation>, first: Timestamp) {
            (self.state, self.operations, self.first) = (state, operations, first)
        }

        /// Two that have become one: what was found stays to be looked at.
        mutating func merge(_ other: Self) {
            if state != other.state {
                state = state == .found || other.state == .found ? .found : .accepted
            }
            operations.formUnion(other.operations)
            first = min(first, other.first)
        }
    }

    struct Node: Sendable {
        var entry: Entry?
        var children: [ByteString: Node] = [:]
    }

    /// The name of a child that stands for all there may be, as there were so many. No part of a path has a slash.
    package static var wide: ByteString { "*/" }
    /// How many children of a directory are told apart.
    package static var mostChildren: Int { 64 }
    /// As many siblings whose names are made up in the same way show that more will come.
    package static var fewestAlike: Int { 8 }

    private(set) var root = Node()
    /// How many entries there are.
    package private(set) var count = 0

    package init() {}

    /// The way to the entry for a directory: the parts under which it is kept, or would be.
    func place(of directory: FoldedPath) -> [ByteString] {
        var place: [ByteString] = []
        var node: Node? = root
        for part in directory.parts {
            let name = node?.name(for: part) ?? part
            place.append(name)
            node = node?.children[name]
        }
        return place
    }

    subscript(_ place: [ByteString]) -> Entry? {
        var node: Node? = root
        for name in place { node = node?.children[name] }
        return node?.entry
    }

    /// Notes one more operation where there is an entry.
    mutating func note(_ operation: WatchedOperation, at place: [ByteString]) {
        root.withEntry(at: place[...]) { $0?.operations.insert(operation) }
    }

    /// Adds an entry, and folds the siblings on its way if they have become too many.
    mutating func insert(_ entry: Entry, at place: [ByteString]) {
        root.insert(entry, at: place[...], below: [])
        count = root.entryCount
    }

    mutating func set(_ state: Entry.State, at place: [ByteString]) {
        root.withEntry(at: place[...]) { $0?.state = state }
    }

    /// Removes an entry; false when there is none.
    mutating func remove(at place: [ByteString]) -> Bool {
        let isThere = root.remove(at: place[...])
        if isThere { count -= 1 }
        return isThere
    }

    /// Puts back what `entries` gave.
    package mutating func restore(_ entry: Entry, at place: [ByteString]) {
        var isNew = false
        root.withEntry(at: place[...], making: true) { known in
            isNew = known == nil
            known = entry
        }
        if isNew { count += 1 }
    }

    /// All entries with their places, by name.
    package var entries: [(place: [ByteString], entry: Entry)] {
        var found: [(place: [ByteString], entry: Entry)] = []
        root.walk(below: []) { found.append(($0, $1)) }
        return found
    }

    /// What the names in it take in a file, about.
    var bytes: Int { entries.reduce(0) { $0 + Self.bytes(of: $1.place) } }

    static func bytes(of place: [ByteString]) -> Int { place.reduce(64) { $0 + $1.count + 1 } }

    /// As a person may read it, and as a glob: what is folded is `*` or, with a fixed number of made-up characters, `?`.
    package static func path(of place: [ByteString]) -> ByteString {
        FoldedPath(parts: place.map { $0 == wide ? FoldedPath.star : $0 }).path
    }
}

extension DirectoryTree.Node {
    /// Under which name a child is kept, or would be.
    func name(for part: ByteString) -> ByteString {
        if children[part] != nil { return part }
        if let shape = MadeUpName.shapes(fitting: part).first(where: { children[$0] != nil }) { return shape }
        return children[DirectoryTree.wide] == nil ? part : DirectoryTree.wide
    }

    mutating func withEntry(
        at place: ArraySlice<ByteString>, making: Bool = false, _ body: (inout DirectoryTree.Entry?) -> Void
    ) {
        guard let name = place.first else { return body(&entry) }
        guard making || children[name] != nil else { return }
        children[name, default: Self()].withEntry(at: place.dropFirst(), making: making, body)
    }

    mutating func insert(_ new: DirectoryTree.Entry, at place: ArraySlice<ByteString>, below parts: [ByteString]) {
        guard let name = place.first else {
            entry = new
            return
        }
        children[name, default: Self()].insert(new, at: place.dropFirst(), below: parts + [name])
        if !SensitivePlace.contains(parts) { foldChildren(with: name) }
    }

    private mutating func foldChildren(with name: ByteString) {
        if let shape = MadeUpName(name)?.shape {
            let alike = children.keys.filter { MadeUpName($0)?.shape == shape }
            if alike.count >= DirectoryTree.fewestAlike { merge(alike, as: shape) }
        }
        if children.count > DirectoryTree.mostChildren { merge(Array(children.keys), as: DirectoryTree.wide) }
    }

    private mutating func merge(_ names: [ByteString], as name: ByteString) {
        var merged = children[name] ?? Self()
        // In order, so that the same is made of the same each time.
        for other in names.sorted() where other != name {
            if let child = children.removeValue(forKey: other) { merged.absorb(child) }
        }
        children[name] = merged
    }

    private mutating func absorb(_ other: Self) {
        if let theirs = other.entry {
            if entry == nil { entry = theirs } else { entry?.merge(theirs) }
        }
        for (name, child) in other.children.sorted(by: { $0.key < $1.key }) {
            let kept = children[DirectoryTree.wide] == nil ? name : DirectoryTree.wide
            children[kept, default: Self()].absorb(child)
        }
        if children.count > DirectoryTree.mostChildren { merge(Array(children.keys), as: DirectoryTree.wide) }
    }

    mutating func remove(at place: ArraySlice<ByteString>) -> Bool {
        guard let name = place.first else {
            defer { entry = nil }
            return entry != nil
        }
        guard var child = children[name], child.remove(at: place.dropFirst()) else { return false }
        children[name] = child.entry == nil && child.children.isEmpty ? nil : child
        return true
    }

    var entryCount: Int { children.values.reduce(entry == nil ? 0 : 1) { $0 + $1.entryCount } }

    func walk(below parts: [ByteString], _ body: ([ByteString], DirectoryTree.Entry) -> Void) {
        if let entry { body(parts, entry) }
        for (name, child) in children.sorted(by: { $0.key < $1.key }) { child.walk(below: parts + [name], body) }
    }
}
