/// The way from the top of a configuration file to one of its values.
package struct ConfigurationKey: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        case name(String)
        case index(Int)
    }

    package var steps: [Step]

    package init(_ steps: [Step] = []) { self.steps = steps }

    package init(_ names: String...) { steps = names.map(Step.name) }

    package func appending(_ name: String) -> Self { Self(steps + [.name(name)]) }

    package func appending(_ index: Int) -> Self { Self(steps + [.index(index)]) }

    /// The last name in it, made fit to print.
    package var last: String {
        for case .name(let name) in steps.reversed() { return Self.printable(name) }
        return ""
    }

    /// Keys are the writer's own text: control characters in them must not reach a terminal.
    package static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
    }

    /// Characters which end lines or steer terminals; no value of the configuration needs one.
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}

extension ConfigurationKey: CustomStringConvertible {
    /// As people write it: `outputs.collector.url`, `watch[0].slice`.
    package var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .name(let name): text += (text.isEmpty ? "" : ".") + Self.printable(name)
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }
}

/// A place in a text, both numbers from 1; columns count Unicode scalars.
package struct SourcePosition: Hashable, Comparable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) { (self.line, self.column) = (line, column) }

    package static let start = Self(line: 1, column: 1)

    package static func < (left: Self, right: Self) -> Bool { (left.line, left.column) < (right.line, right.column) }
}
