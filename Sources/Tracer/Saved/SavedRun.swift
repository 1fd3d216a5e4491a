package import Model

/// A run out of a saved trace: its history, and what there is to say of how it was read.
package struct SavedRun: Sendable {
    package let name: String
    package let history: RunHistory
    /// A sentence on what could not be read.
    package let remark: String?

    /// Whether the end of the trace is missing, so that the run did more than the history shows.
    package var isCutOff: Bool { remark != nil }

    package init(_ trace: SavedTrace) throws {
        var history = RunHistory()
        remark = try trace.read { history.add($0) }
        history.finish()
        (name, self.history) = (trace.name, history)
    }
}
