/// What the processes of a run did with which files: made of its events, one after the other.
///
/// A file is what the kernel takes for one (device and inode) wherever events say it, and a name elsewhere. Renames are
/// followed, those of directories too. What failed changes nothing; what has no known result counts as done.
package struct RunHistory: Sendable {
    package internal(set) var files: [FileHistory] = []
    package var processes: [ProcessHistory] { table.all }
    /// Operations on a file of which neither a name nor a number is known.
    package private(set) var unnamed = 0
    /// All events, and those of them whose result never became known.
    package private(set) var events = 0
    package private(set) var unknownResults = 0
    package private(set) var operations: Set<TraceOperation> = []
    package private(set) var start: Timestamp?
    package private(set) var end: Timestamp?

    var table = ProcessTable()
    var names = NameTable()
    var byID: [TraceEvent.FileID: Int] = [:]
    /// Whether a name was that of a file before the run, as the first operation that met it shows.
    var isFromBefore: [FileName: Bool] = [:]
    /// Where directories really are that were reached through symbolic links.
    var realDirectories: [FileName: FileName] = [:]
    /// Everything above a file that was there.
    private(set) var directories: Set<FileName> = []
    /// By process: the files it had anything to do with, and the processes that it made.
    private(set) var filesOfProcesses: [[Int]] = []
    private(set) var childrenOfProcesses: [[Int]] = []
    private(set) var classes: [FileClass?] = []
    private var order = EventOrder()
    private let architecture: Architecture
    private let asked: Bool?

    /// - Parameter hasWrites: whether writes were asked for. Where they were not, whoever opens a file to write it counts as
    ///   having done so; nil when only the events can tell, which have a write then or have none.
    package init(architecture: Architecture = .native, hasWrites: Bool? = nil) {
        (self.architecture, asked) = (architecture, hasWrites)
    }

    package var hasWrites: Bool { asked ?? operations.contains(.write) }

    package mutating func add(_ event: TraceEvent) {
        for event in order.add(event) { take(event) }
    }

    /// After the last event; nothing may be asked before.
    package mutating func finish() {
        for event in order.finish() { take(event) }
        table.finish()
        childrenOfProcesses = Array(repeating: [], count: processes.count)
        for (number, process) in processes.enumerated() {
            if let parent = process.parent { childrenOfProcesses[parent].append(number) }
        }
        filesOfProcesses = Array(repeating: [], count: processes.count)
        for (number, file) in files.enumerated() {
            for process in file.uses.keys { filesOfProcesses[process].append(number) }
        }
        for file in files where file.origin != .never {
            for name in file.names + file.formerNames {
                var directory = name.parent
                while let above = directory, directories.insert(above).inserted { directory = above.parent }
            }
        }
        classes = files.map(classify)
    }

    // MARK: One event

    private mutating func take(_ event: TraceEvent) {
        let moment = Moment(order: events, time: event.time)
        events += 1
        operations.insert(event.operation)
        if event.facts.result == nil { unknownResults += 1 }
        if let time = event.time {
            start = start.map { min($0, time) } ?? time
            end = end.map { max($0, time) } ?? time
        }
        let process = table.process(of: event, at: moment)
        let step = Step(event: event, process: process, moment: moment)
        switch event.operation {
        case .fork:
            if let child = event.facts.result, child > 0 { table.fork(UInt32(child), by: process, at: moment) }
        case .exit:
            table[process].ended = moment
            table[process].end =
                event.facts.result.map { $0 < 0 ? .killed(signal: -max($0, -.max)) : .exited($0) } ?? .unknown
        default:
            if let error = step.error { fail(step, error) } else { succeed(step) }
        }
    }

    private mutating func succeed(_ step: Step) {
        switch step.event.operation {
        case .open: open(step)
        case .create: _ = file(of: step, made: true).map { note($0, .made, step) }
        case .write: change(step, (step.event.facts.result ?? 1) > 0 ? .wrote : [])
        case .truncate: change(step, .truncated)
        case .sharedMap: change(step, .mapped)
        case .mkdir:
            guard let file = file(of: step, made: true) else { return }
            files[file].isDirectory = true
            note(file, .made, step)
        case .exec:
            table[step.process].programs.append(
                ProcessHistory.Program(
                    path: step.event.path ?? step.event.filename, arguments: step.event.arguments,
                    areArgumentsCut: step.event.areArgumentsCut, moment: step.moment))
            if let file = file(of: step) { note(file, .executed, step) }
        case .rename: rename(step)
        case .link: link(step)
        case .delete: delete(step)
        case .fork, .exit: break
        }
    }

    private mutating func open(_ step: Step) {
        let facts = step.event.facts
        let has = { [architecture] (flag: OpenFlag) in
            let bits = flag.bits(on: architecture)
            return facts.flags & bits == bits
        }
        let isTemporary = has(.temporary)
        // What no row says: the file was made if nobody else may have made it, or if nothing else is known of it.
        let mayMake = has(.create) && !has(.path)
        let isNew = name(of: step).map { name in
            names[name].map { files[$0].origin == .never || !files[$0].names.contains(name) } ?? true
        }
        let isMade =
            facts.created ?? (isTemporary || (mayMake && (has(.exclusive) || (isNew == true && !isFound(step)))))
        guard let file = file(of: step, made: isMade || isTemporary, isNamed: !isTemporary) else { return }
        if let descriptor = facts.result { table[step.process].descriptors[descriptor] = file }
        if isTemporary { table[step.process].unnamed = file }
        var acts: FileUse.Acts = isMade || isTemporary ? .made : []
        let mode = AccessMode(of: facts.flags)
        if has(.path) {
            acts.insert(.path)
        } else if has(.directory), !isTemporary {
            files[file].isDirectory = true
            acts.insert(.listed)
        } else {
            if mode == .readOnly || mode == .readWrite { acts.insert(.read) }
            if mode == .writeOnly || mode == .readWrite { acts.insert(.openedToWrite) }
            // Linux truncates whatever the access mode is; there is nothing to cut off of a file that is new.
            if has(.truncate), !isMade, !isTemporary, mode != .neither { acts.insert(.truncated) }
        }
        note(file, acts, step)
    }

    private func isFound(_ step: Step) -> Bool { step.fileID.map { byID[$0] != nil } ?? false }

    private mutating func change(_ step: Step, _ acts: FileUse.Acts) {
        guard let file = file(of: step) else { return }
        note(file, acts, step)
    }

    mutating func note(_ file: Int, _ acts: FileUse.Acts, _ step: Step) {
        files[file].note(acts, by: step.process, at: step.moment)
    }

    mutating func missName() { unnamed += 1 }
}

/// An event and where it stands in the run.
struct Step {
    let event: TraceEvent
    /// By its number in the run.
    let process: Int
    let moment: Moment

    /// As a positive number; nil for what was done.
    var error: Int32? {
        guard let result = event.facts.result, result < 0 else { return nil }
        return result == .min ? .max : -result
    }

    /// The number of the file that the names are about.
    ///
    /// That of an executed script is its interpreter's.
    var fileID: TraceEvent.FileID? {
        event.operation == .exec && event.resolution == .lexical ? nil : event.file
    }

    /// Whether the file was reached through a descriptor, whose name may be long gone.
    var isThroughDescriptor: Bool {
        switch event.operation {
        case .write, .sharedMap: true
        case .truncate: event.kind != .truncate
        default: false
        }
    }
}
