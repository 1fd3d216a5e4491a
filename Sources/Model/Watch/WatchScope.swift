/// Whose operations a watch rule is about: what is in a slice, of a unit and in a container, each as far as it is said.
package struct WatchScope: Sendable, Equatable {
    package let slice: NameGlob?
    package let unit: NameGlob?
    package let container: NameGlob?

    init(_ text: WatchRule.Text, _ mistakes: inout [WatchMistake]) {
        func glob(_ text: String?, _ place: WatchMistake.Place) -> NameGlob? {
            guard let text else { return nil }
            do { return try NameGlob(text) } catch {
                mistakes.append(WatchMistake(place, .glob(error)))
                return nil
            }
        }
        slice = glob(text.slice, .slice)
        unit = glob(text.unit, .unit)
        container = glob(text.container, .container)
    }

    package func covers(_ placed: PlacedSighting) -> Bool {
        coversSlice(placed.identity) && coversUnit(placed) && coversContainer(placed.identity.container)
    }

    /// Whether it may cover this once the container's name and image are known.
    func mayCover(_ placed: PlacedSighting) -> Bool {
        guard container != nil, placed.identity.container != nil else { return false }
        return coversSlice(placed.identity) && coversUnit(placed)
    }

    /// A slice includes the slices below it, and `-.slice` includes everything. Of users' units, their own slices count as well
    /// as the system's in which their systemd runs.
    private func coversSlice(_ identity: UnitIdentity) -> Bool {
        guard let slice else { return true }
        if slice.matches("-.slice") { return true }
        return [identity.slice, identity.userSlice].contains { name in
            name.map { $0.slicesAbove.contains(where: slice.matches) } ?? false
        }
    }

    /// The names of the unit and of the user's unit count, with what is different at each start as it is and as `*`, and the
    /// template of either.
    private func coversUnit(_ placed: PlacedSighting) -> Bool {
        guard let unit else { return true }
        let identity = placed.identity
        return [identity.unit, placed.series.unit, identity.userUnit, placed.series.userUnit, identity.template]
            .contains { $0.map(unit.matches) ?? false }
    }

    private func coversContainer(_ found: UnitIdentity.Container?) -> Bool {
        guard let container else { return true }
        guard let found else { return false }
        if [found.id, found.name, found.image, found.image?.lastName].contains(where: {
            $0.map(container.matches) ?? false
        }) {
            return true
        }
        // The beginning of an id, as docker and podman show it.
        let text = Array(container.text.utf8)
        return text.count >= 12 && text.allSatisfy(\.isHexDigit) && found.id.bytes.starts(with: text)
    }
}

extension ByteString {
    /// This slice and those it is below: `a-b.slice` is below `a.slice`, and that below `-.slice`.
    fileprivate var slicesAbove: [ByteString] {
        let suffix = Array(".slice".utf8)
        guard bytes.count > suffix.count, bytes.suffix(suffix.count) == suffix[...] else { return [self] }
        let stem = bytes.dropLast(suffix.count)
        let ends = stem.indices.filter { $0 > stem.startIndex && stem[$0] == UInt8(ascii: "-") }
        return [self] + ends.reversed().map { ByteString(stem[..<$0] + suffix) }
    }

    /// What follows the last `/`.
    fileprivate var lastName: ByteString? {
        bytes.lastIndex(of: UInt8(ascii: "/")).map { ByteString(bytes[($0 + 1)...]) }
    }
}
