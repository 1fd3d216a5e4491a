/// Finds what was probably meant by a word that is not known.
package enum Suggestion {
    /// The candidate nearest to `word`, if one is near enough to be worth saying.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let word = word.lowercased()
        let scored = candidates.map { (candidate: $0, distance: distance(word, $0.lowercased())) }
        let best = scored.min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }
        if let best, best.distance <= max(1, word.count / 3) { return best.candidate }
        // "bearer_token" is far from "bearer_token_file", and yet it is what was meant.
        guard word.count >= 4 else { return nil }
        return candidates.sorted().first { $0.hasPrefix(word) || ($0.count >= 4 && word.hasPrefix($0)) }
    }

    /// How many single edits (insert, delete, replace, swap of neighbours) lead from one word to the other.
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.unicodeScalars.prefix(64)), Array(right.unicodeScalars.prefix(64)))
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in 1...left.count {
            var row = [i]
            for j in 1...right.count {
                let replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
                var cost = min(last[j] + 1, row[j - 1] + 1, replaced)
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    cost = min(cost, beforeLast[j - 2] + 1)
                }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
