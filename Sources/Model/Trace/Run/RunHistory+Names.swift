/// What gives and takes names.
extension RunHistory {
    mutating func rename(_ step: Step) {
        guard let old = name(of: step), let new = target(of: step) else { return missName() }
        // The kernel refuses it; two names of which one goes through a symbolic link may look so.
        guard !new.isBelow(old), !old.isBelow(new) else { return }
        let file = holder(of: old, step)
        if step.event.isExchange {
            let other = named(new, nil, step)
            guard other != file else { return }
            let (inside, others) = (contents(of: old), contents(of: new))
            replace(old, of: file, by: new, inside, step)
            replace(new, of: other, by: old, others, step)
            note(other, .renamed, step)
        } else if !files[file].names.contains(new) {
            // Where its number says that it was this one, another one was not.
            if let holder = names[old], holder != file, files[holder].names.contains(old) {
                files[holder].lose(old, at: step.moment)
            }
            replace(old, of: file, by: new, contents(of: old), step)
        }
        note(file, .renamed, step)
    }

    private typealias Contents = [(name: FileName, file: Int)]

    /// What is below a directory now.
    private func contents(of directory: FileName) -> Contents {
        names.names(below: directory).compactMap { name in
            guard let file = names[name], files[file].names.contains(name) else { return nil }
            return (name, file)
        }
    }

    private mutating func replace(
        _ old: FileName, of file: Int, by new: FileName, _ contents: Contents, _ step: Step
    ) {
        if isFromBefore[new] == nil { isFromBefore[new] = false }
        for (name, inner) in contents {
            let moved = name.moved(from: old, to: new)
            take(moved, for: inner, step)
            files[inner].lose(name, for: moved, at: step.moment)
            if isFromBefore[moved] == nil { isFromBefore[moved] = false }
            files[file].isDirectory = true
        }
        take(new, for: file, step)
        files[file].lose(old, for: new, at: step.moment)
    }

    /// The file that is called so, for an operation that goes by name; its number decides where both are known.
    private mutating func holder(of name: FileName, _ step: Step) -> Int {
        if let id = step.event.file, let known = byID[id], !files[known].isGone { return known }
        return named(name, step.event.file, step)
    }

    mutating func link(_ step: Step) {
        guard let new = target(of: step) else { return missName() }
        if step.makesSymbolicLink {
            let file = fresh(new, step)
            files[file].isSymbolicLink = true
            return note(file, .made, step)
        }
        guard let file = linked(step) else { return missName() }
        // A link never replaces anything.
        if isFromBefore[new] == nil { isFromBefore[new] = false }
        give(file, new, step)
        note(file, .linked, step)
    }

    private mutating func fresh(_ name: FileName, _ step: Step) -> Int {
        if isFromBefore[name] == nil { isFromBefore[name] = false }
        if let holder = names[name], files[holder].origin == .never, files[holder].names.contains(name) {
            (files[holder].origin, files[holder].made) = (.run, step.moment)
            return holder
        }
        files.append(FileHistory(id: step.event.file, name: nil, origin: .run, at: step.moment))
        give(files.count - 1, name, step)
        return files.count - 1
    }

    /// The file that gets another name; one without any is named through the descriptor it was opened with.
    private mutating func linked(_ step: Step) -> Int? {
        if let id = step.event.file, let known = byID[id] { return known }
        guard let passed = step.event.filename, !passed.isEmpty else { return table[step.process].unnamed }
        let parts = passed.bytes.split(separator: .slash)
        if parts.count >= 2, parts[parts.count - 2].elementsEqual("fd".utf8),
            let number = parts.last.flatMap({ Int32(String(decoding: $0, as: UTF8.self)) }),
            let file = table[step.process].descriptors[number]
        {
            return file
        }
        return name(of: step).map { named($0, nil, step) }
    }

    mutating func delete(_ step: Step) {
        guard let name = name(of: step) else { return missName() }
        let file = holder(of: name, step)
        if step.event.removesDirectory { files[file].isDirectory = true }
        // By a way to it that we do not know, such as a symbolic link above it.
        let known = files[file].names.contains(name) ? name : files[file].names.count == 1 ? files[file].names[0] : name
        files[file].lose(known, at: step.moment)
        note(file, .deleted, step)
    }
}

extension Step {
    var makesSymbolicLink: Bool {
        event.kind == .symlink || event.kind == .symlinkat || event.opcode == .symlinkat
    }
}

extension TraceEvent {
    /// `AT_REMOVEDIR`, the same everywhere.
    fileprivate var removesDirectory: Bool { kind == .rmdir || (kind == .unlinkat && facts.flags & 0x200 != 0) }

    /// `RENAME_EXCHANGE`, where the flags of a rename are known.
    fileprivate var isExchange: Bool { kind == .renameat2 && facts.flags & 2 != 0 }
}
