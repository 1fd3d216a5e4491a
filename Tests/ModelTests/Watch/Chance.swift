/// The same numbers for the same seed, on every host.
struct Chance {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % limit
    }

    mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }
}
