package import Model

/// A run out of a saved trace: its history, and what there is to say of how it was read.
package struct SavedRun: Sendable {
    package let name: String
    package let history: RunHistory
    /// A sentence on what could not be read.
    package let remark: String?

    package init(_ trace: SavedTrace) throws {
        var history = RunHistory()
        remark = try trace.read { history.add($0) }
        history.finish()
        (name, self.history) = (trace.name, history)
    }
}
