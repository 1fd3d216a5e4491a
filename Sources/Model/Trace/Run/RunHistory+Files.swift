/// Which file an event is about.
extension RunHistory {
    /// The first name of the event.
    func name(of step: Step) -> FileName? { name(step.event.path, step.event.filename, step) }

    /// The second one.
    func target(of step: Step) -> FileName? { name(step.event.targetPath, step.event.target, step) }

    private func name(_ path: ByteString?, _ passed: ByteString?, _ step: Step) -> FileName? {
        let event = step.event
        guard let known = path ?? passed, !known.isEmpty else { return nil }
        let space: FileName.Space = event.root == .other ? .other(event.actor.container) : .host
        if event.resolution == .file, path != nil {
            let bytes = known.bytes
            let suffix = Array(" (deleted)".utf8)
            let isStale =
                step.isThroughDescriptor && bytes.count > suffix.count && bytes.suffix(suffix.count) == suffix[...]
            return FileName(isStale ? ByteString(bytes.dropLast(suffix.count)) : known, in: space)
        }
        let name = FileName(FileName.simplified(known), in: space)
        guard let directory = name.parent, let real = realDirectories[directory] else { return name }
        return name.moved(from: directory, to: real)
    }

    /// Learns from an open where the directory is through whose other name the file was found.
    mutating func learnDirectory(from step: Step) {
        let event = step.event
        guard event.resolution == .file, event.operation == .open, let path = event.path, let passed = event.filename,
            // Below another root every path ends with what was passed.
            passed.bytes.first == .slash, path != passed, !path.bytes.suffix(passed.count).elementsEqual(passed.bytes)
        else { return }
        let space: FileName.Space = event.root == .other ? .other(event.actor.container) : .host
        let (asked, real) = (FileName(FileName.simplified(passed), in: space), FileName(path, in: space))
        guard asked.lastComponent == real.lastComponent, let directory = asked.parent, let place = real.parent,
            directory != place
        else { return }
        realDirectories[directory] = place
    }

    /// The file that an operation which succeeded was about, by its number.
    ///
    /// - Parameters:
    ///   - made: whether the operation made it.
    ///   - isNamed: false where the name is that of the directory it is made in.
    mutating func file(of step: Step, made: Bool = false, isNamed: Bool = true) -> Int? {
        learnDirectory(from: step)
        let name = isNamed ? name(of: step) : nil
        let id = step.fileID
        guard name != nil || id != nil || !isNamed else {
            missName()
            return nil
        }
        if made { return newFile(name, id, .run, step) }
        if let id, let known = byID[id], isStill(known, name, step) {
            if let name, !step.isThroughDescriptor, !files[known].isGone, !files[known].names.contains(name) {
                give(known, name, step)
            }
            return known
        }
        return named(name, id, step)
    }

    /// Whether a file of this number is the one we know, and not another one with a number that is used again.
    private func isStill(_ file: Int, _ name: FileName?, _ step: Step) -> Bool {
        guard files[file].isGone, !step.isThroughDescriptor, name != nil else { return true }
        // It can still be opened through /proc/PID/fd.
        return step.event.filename?.bytes.starts(with: "/proc/".utf8) == true
    }

    /// The one that has the name, or else one that we had not heard of.
    mutating func named(_ name: FileName?, _ id: TraceEvent.FileID?, _ step: Step) -> Int {
        guard let name else { return newFile(nil, id, .before, step) }
        if let holder = names[name], files[holder].names.contains(name) {
            if files[holder].id == nil || id == nil || files[holder].id == id {
                if files[holder].origin == .never { appear(holder, .before, step) }
                identify(holder, id)
                return holder
            }
            // Somebody outside of the run put another file there.
        }
        return newFile(name, id, .before, step)
    }

    private mutating func newFile(
        _ name: FileName?, _ id: TraceEvent.FileID?, _ origin: FileHistory.Origin, _ step: Step
    ) -> Int {
        if let name {
            if isFromBefore[name] == nil { isFromBefore[name] = origin == .before }
            if let holder = names[name], files[holder].origin == .never, files[holder].names.contains(name) {
                appear(holder, origin, step)
                identify(holder, id)
                return holder
            }
        }
        let file = files.count
        files.append(FileHistory(id: id, name: nil, origin: origin, at: step.moment))
        if let name { give(file, name, step) }
        identify(file, id)
        return file
    }

    /// One that was looked for before is there now.
    private mutating func appear(_ file: Int, _ origin: FileHistory.Origin, _ step: Step) {
        files[file].origin = origin
        if origin == .run { files[file].made = step.moment }
    }

    private mutating func identify(_ file: Int, _ id: TraceEvent.FileID?) {
        guard let id else { return }
        files[file].id = id
        byID[id] = file
    }

    mutating func give(_ file: Int, _ name: FileName, _ step: Step) {
        take(name, for: file, step)
        files[file].add(name)
    }

    /// Takes a name from who has it or had it last: one name is never that of two files.
    mutating func take(_ name: FileName, for file: Int, _ step: Step) {
        if let holder = names[name], holder != file {
            if files[holder].names.contains(name) { files[holder].lose(name, at: step.moment) }
            if files[holder].isGone { files[holder].successor = file }
        }
        names.bind(name, to: file)
    }

    // MARK: What failed

    mutating func fail(_ step: Step, _ error: Int32) {
        let (isMissing, exists) = (error == 2 || error == 20, error == 17)
        // An empty name is that of nothing, whatever path a trace has for it.
        if error == 2, step.event.filename?.isEmpty == true || step.event.target?.isEmpty == true { return }
        let isOfTarget = exists && (step.event.operation == .rename || step.event.operation == .link)
        guard let name = isOfTarget || step.makesSymbolicLink ? target(of: step) : name(of: step) else {
            return missName()
        }
        let file: Int
        if let holder = names[name] {
            file = holder
            if files[holder].origin == .never, !isMissing { files[holder].origin = .before }
        } else {
            if isFromBefore[name] == nil { isFromBefore[name] = !isMissing }
            file = files.count
            files.append(FileHistory(id: nil, name: name, origin: isMissing ? .never : .before, at: step.moment))
            names.bind(name, to: file)
        }
        if error == 21 || (exists && step.event.operation == .mkdir) { files[file].isDirectory = true }
        files[file].note(error: error, isMissing ? .missed : .refused, by: step.process)
    }
}
