internal import Model

/// The rows or the alerts of a batch as members of an object: their sizes, and their bytes when they are wanted.
///
/// A part names the number of parts, so every element must be measured before the first is written. Few are kept as they
/// were rendered for that; many are rendered again, since they would take as much memory as all that is shipped.
struct RenderedElements {
    /// Bytes that are worth keeping.
    private static let mostKept = 1 << 20
    /// Bytes of most elements.
    private static let usual = 1 << 10

    /// Writes the members of one. By position: taking elements out one by one would copy all that is in them.
    private let writeMembers: (Int, inout JSONWriter) -> Void
    /// Where each element would end if all stood one after the other.
    private let ends: [Int]
    /// All of them, or nil when there are too many.
    private let kept: [UInt8]?

    init(count: Int, _ writeMembers: @escaping (Int, inout JSONWriter) -> Void) {
        self.writeMembers = writeMembers
        var json = JSONWriter(reservingCapacity: min(count * Self.usual, Self.mostKept))
        var ends: [Int] = []
        ends.reserveCapacity(count)
        for element in 0..<count {
            let end = ends.last ?? 0
            if end > Self.mostKept { json.removeAll() }
            let before = json.bytes.count
            writeMembers(element, &json)
            json.endFragment()
            ends.append(end + json.bytes.count - before)
        }
        self.ends = ends
        kept = (ends.last ?? 0) <= Self.mostKept ? json.bytes : nil
    }

    func write(_ element: Int, to json: inout JSONWriter) {
        if let kept {
            json.rendered(kept[start(of: element)..<ends[element]])
        } else {
            writeMembers(element, &json)
        }
    }

    func size(of element: Int) -> Int { ends[element] - start(of: element) }

    func size(of elements: Range<Int>) -> Int {
        elements.isEmpty ? 0 : ends[elements.upperBound - 1] - start(of: elements.lowerBound)
    }

    private func start(of element: Int) -> Int { element == 0 ? 0 : ends[element - 1] }
}
