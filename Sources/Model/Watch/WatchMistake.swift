/// What is wrong in a watch rule.
package struct WatchMistake: Error, Sendable, Equatable {
    /// In which value.
    package enum Place: Sendable, Equatable {
        case slice, unit, container
        case path(Int), writer(Int), operation(Int)
    }

    package enum Problem: Error, Sendable, Equatable {
        case glob(PathGlob.Mistake)
        /// A path must begin with `/`.
        case notAbsolute
        /// No file has a path with `//`, `/./` or `/../` in it.
        case notPlain
        /// No file has a path that ends with `/`.
        case endsWithSlash
        /// It is neither a path nor one of the words with a `:`.
        case noWriter
        /// One executable is meant, and this would be many.
        case executableGlob
        case noUID
        /// The kernel keeps so many bytes of a process's name.
        case longProcessName(Int)
        case unknownOperation
    }

    package var place: Place
    package var problem: Problem

    package init(_ place: Place, _ problem: Problem) { (self.place, self.problem) = (place, problem) }
}

/// All that is wrong in a watch rule, in the order of its values.
package struct WatchMistakes: Error, Sendable, Equatable {
    package var all: [WatchMistake]
}
