package import Model
internal import Render

/// A run out of a saved trace: its history, and what there is to say of how it was read.
package struct SavedRun: Sendable {
    package let name: String
    package let history: RunHistory
    package let end: SavedTrace.End

    package init(_ trace: SavedTrace) throws {
        var history = RunHistory()
        end = try trace.read { history.add($0) }
        history.finish()
        (name, self.history) = (trace.name, history)
    }

    /// Sentences on what is missing.
    package var remarks: [String] { end.remarks(of: name) }
}

extension SavedTrace.End {
    /// Whether what was traced did all that the rows show, and no more, as far as the trace itself can tell.
    package var isWhole: Bool { cutOff == nil && account?.lacksRows != true }

    /// Sentences on what is missing of the trace of this name.
    package func remarks(of name: String) -> [String] {
        var remarks: [String] = []
        if let cutOff { remarks.append(cutOff) }
        if let account, !account.isWhole {
            let losses = TraceTrailer(account).losses.joined(separator: "; ")
            remarks.append("\(name.legible): not everything is in this trace: \(losses)")
        }
        return remarks
    }
}
