/// What a file was to a run as a whole; each has one class.
package enum FileClass: String, CaseIterable, Sendable {
    /// Read, and there before the run.
    case input
    /// Run as a program.
    case executed
    /// Made in the run and there at its end, where nothing was before.
    case created
    /// There before, and its contents changed.
    case modified
    /// Made in the run, or brought, in the place of a file that was there before.
    case replaced
    /// There before under another name, with the same contents: renamed or linked.
    case moved
    /// Made in the run, and gone again or read by another process than wrote it.
    case intermediate
    /// There before, and gone.
    case deleted
    /// Opened to be written and not changed, nor read.
    case unchanged
    /// Looked for and not there.
    case missing
    /// Asked for and refused.
    case refused
    /// Opened with `O_PATH` only.
    case metadata = "metadata_only"
    case directory
}

extension RunHistory {
    /// What changes the contents of a file.
    package var changing: FileUse.Acts {
        hasWrites ? [.wrote, .truncated, .mapped] : [.wrote, .truncated, .mapped, .openedToWrite]
    }

    /// The class of a file, by its number.
    ///
    /// Nil for one whose last name another file of the run took and whose contents nobody wanted: the other one is listed.
    package func fileClass(of number: Int) -> FileClass? { classes[number] }

    func classify(_ file: FileHistory) -> FileClass? {
        if file.origin == .never { return file.successor == nil ? .missing : nil }
        let acts = file.acts
        if isDirectory(file, acts) { return .directory }
        return file.origin == .run ? classOfMade(file) : classOfOld(file, acts)
    }

    private func isDirectory(_ file: FileHistory, _ acts: FileUse.Acts) -> Bool {
        if file.isDirectory { return true }
        guard let name = file.name, directories.contains(name) else { return false }
        return !file.isSymbolicLink && acts.isDisjoint(with: [.wrote, .truncated, .mapped, .openedToWrite, .executed])
    }

    private func classOfMade(_ file: FileHistory) -> FileClass? {
        let isRead = isReadByOthers(file)
        if file.names.isEmpty { return file.successor == nil || isRead ? .intermediate : nil }
        if file.names.contains(where: { isFromBefore[$0] == true }) { return .replaced }
        return isRead ? .intermediate : .created
    }

    private func classOfOld(_ file: FileHistory, _ acts: FileUse.Acts) -> FileClass? {
        let asInput: FileClass? = acts.contains(.executed) ? .executed : acts.contains(.read) ? .input : nil
        if file.isGone { return file.successor == nil ? .deleted : asInput }
        if !acts.isDisjoint(with: changing) { return .modified }
        if !acts.isDisjoint(with: [.renamed, .linked]) {
            let isOverAnother = file.names.contains { isFromBefore[$0] == true && $0 != file.firstName }
            return isOverAnother ? .replaced : .moved
        }
        if let asInput { return asInput }
        if acts.contains(.openedToWrite) { return .unchanged }
        return acts.contains(.path) ? .metadata : .refused
    }

    /// Whether a process had the contents that did not write any of them.
    private func isReadByOthers(_ file: FileHistory) -> Bool {
        file.uses.values.contains { $0.reads && $0.acts.isDisjoint(with: changing.union(.made)) }
    }

    // MARK: What depends on what

    /// Whether the run had contents of the file from before the run.
    package func isInput(_ number: Int) -> Bool {
        let file = files[number]
        guard file.origin == .before, fileClass(of: number) != .directory else { return false }
        return isFirst(file.firstRead, before: file.firstChange, file.firstOpenedToWrite)
    }

    /// Whether the file is there after the run and would not be so without it.
    package func isOutput(_ number: Int) -> Bool {
        switch fileClass(of: number) {
        case .created, .modified, .replaced, .moved: true
        case .intermediate: !files[number].names.isEmpty
        default: false
        }
    }

    /// Whether a process had contents of a file that were not its own.
    func isInput(_ use: FileUse) -> Bool {
        !use.acts.contains(.made) && isFirst(use.firstRead, before: use.firstChange, use.firstOpenedToWrite)
    }

    /// Where writes were not asked for, the opens stand for them; one for both reads first.
    private func isFirst(_ read: Moment?, before change: Moment?, _ open: Moment?) -> Bool {
        guard let read else { return false }
        if let change, change <= read { return false }
        if let open, !hasWrites, open < read { return false }
        return true
    }
}
