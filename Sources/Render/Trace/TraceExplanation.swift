package import Model

/// What of a request is tested where, for a person.
package struct TraceExplanation: Sendable {
    private let request: TraceRequest
    private let scope: TraceSelection.Scope

    package init(_ request: TraceRequest, of scope: TraceSelection.Scope) {
        (self.request, self.scope) = (request, scope)
    }

    /// Several lines, each with its end.
    package var text: String {
        let selection = request.selection(of: scope)
        let named = TraceOperation.allCases.filter(selection.operations.contains).map(\.rawValue)
        var lines = [
            "in the kernel: \(named.joined(separator: ", ")) of \(Self.words(scope))"
        ]
        if let uid = selection.uid { lines.append("in the kernel: only those of user \(uid)") }
        if selection.onlyFailures { lines.append("in the kernel: only what failed") }
        lines.append("in the kernel: paths are \(selection.wantsPaths ? "" : "not ")looked up")
        let globs = [
            ("paths and names", request.path), ("process names", request.comm), ("units", request.unit),
            ("containers", request.container),
        ]
        for (what, glob) in globs {
            if let glob { lines.append("in opentrace: only \(what) like \(glob.text.legible)") }
        }
        let rows = lines.joined(separator: "\n") + "\n"
        guard request.operations.contains(.open), let formula = request.wholeFormula else { return rows }
        return rows + FormulaExplanation(formula, on: request.architecture).text
    }

    private static func words(_ scope: TraceSelection.Scope) -> String {
        switch scope {
        case .host: "all processes"
        case .children: "the command and all that comes from it"
        case .process(let pid): "process \(pid) and all that comes from it"
        }
    }
}
