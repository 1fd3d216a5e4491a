package import Model

extension RunSummary {
    /// The document `opentrace.summary/1`: every file that is shown, every process, and the rest in numbers.
    ///
    /// Processes are known by their place in `processes`, because numbers of the kernel are used again.
    ///
    /// - Parameter account: what is missing of the trace, as far as it says so.
    package func json(
        of history: RunHistory, evidence: [Int: FileEvidence] = [:], account: TraceAccount? = nil
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("schema", "opentrace.summary/1")
            json.member("start", history.start?.exactText)
            json.member("end", history.end?.exactText)
            json.member("events", history.events)
            json.member("writes_traced", history.hasWrites)
            json.member("unnamed_operations", history.unnamed)
            json.member("unknown_results", history.unknownResults)
            json.member("ignored_files", ignored)
            json.name("lost")
            if let account, !account.isWhole { account.writeLosses(to: &json) } else { json.null() }
            json.array("files") { json in
                for entry in entries { entry.write(to: &json, history, evidence[entry.file]) }
            }
            json.array("groups") { json in
                for group in groups {
                    json.object { json in
                        json.member("directory", bytes: group.directory)
                        json.object("files") { json in
                            for fileClass in FileClass.allCases {
                                if let count = group.counts[fileClass] { json.member(fileClass.rawValue, count) }
                            }
                        }
                    }
                }
            }
            json.array("processes") { json in
                for process in history.processes { process.write(to: &json) }
            }
        }
        json.endLine()
        return json.bytes
    }
}

extension RunSummary.Entry {
    fileprivate func write(to json: inout JSONWriter, _ history: RunHistory, _ evidence: FileEvidence?) {
        let file = history.files[file]
        json.object { json in
            json.member("path", bytes: name?.path)
            json.member("root", name?.space == .host ? "host" : name == nil ? nil : "other")
            json.member("container", bytes: name?.container)
            json.member("class", fileClass.rawValue)
            json.member("input", isInput)
            json.member("output", isOutput)
            json.member("dev", file.id.map { "\($0.major):\($0.minor)" })
            json.member("ino", file.id?.inode)
            json.array("other_paths", bytes: file.names.dropFirst().map(\.path))
            json.array("former_paths", bytes: file.formerNames.map(\.path))
            let errors = file.errors.sorted().map { ByteString(ErrnoName.name(of: $0)) }
            json.array("errors", bytes: errors)
            json.array("uses") { json in
                for (process, use) in file.uses.sorted(by: { $0.key < $1.key }) {
                    json.object { json in
                        json.member("process", process)
                        json.array("acts") { json in for word in use.acts.words { json.string(word) } }
                    }
                }
            }
            json.name("before")
            write(evidence?.before, to: &json)
            json.name("after")
            write(evidence?.after, to: &json)
            json.member("changed_since", evidence?.hasChangedSince)
        }
    }

    private func write(_ fingerprint: FileFingerprint?, to json: inout JSONWriter) {
        guard let fingerprint else { return json.null() }
        json.object { json in
            json.member("size", fingerprint.size)
            json.member("modified", fingerprint.modified.exactText)
            json.member("sha256", fingerprint.sha256)
            json.member("not_hashed", fingerprint.sha256 == nil ? fingerprint.reason : nil)
        }
    }
}

extension FileName {
    var container: ByteString? {
        if case .other(let container) = space { container } else { nil }
    }
}

extension FileFingerprint {
    fileprivate var reason: String? {
        switch digest {
        case .sha256: nil
        case .notAsked: "not asked"
        case .tooLarge: "too large"
        case .unstable: "changed meanwhile"
        case .unreadable(let error): ErrnoName.name(of: error)
        }
    }
}

extension FileUse.Acts {
    /// Their names in documents, in the order of the manual.
    package var words: [String] {
        let all: [(Self, String)] = [
            (.read, "read"), (.openedToWrite, "open_for_write"), (.wrote, "write"), (.truncated, "truncate"),
            (.mapped, "shared_map"), (.made, "create"), (.deleted, "delete"), (.renamed, "rename"), (.linked, "link"),
            (.executed, "exec"), (.path, "path_open"), (.listed, "directory_open"), (.missed, "miss"),
            (.refused, "failure"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}

extension ProcessHistory {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("pid", pid)
            json.member("parent", parent)
            json.member("ppid", parentPID)
            json.member("comm", bytes: comm)
            json.member("uid", uid)
            json.member("unit", bytes: unit)
            json.member("container", bytes: container)
            json.member("start", (forked ?? firstSeen).time?.exactText)
            json.member("end", ended?.time?.exactText)
            if case .exited(let code) = end {
                json.member("exit_code", code)
            } else {
                json.member("exit_code", nil as Int32?)
            }
            if case .killed(let signal) = end {
                json.member("signal", signal)
            } else {
                json.member("signal", nil as Int32?)
            }
            json.array("programs") { json in
                for program in programs {
                    json.object { json in
                        json.member("path", bytes: program.path)
                        json.array("argv", bytes: program.arguments)
                        json.member("argv_truncated", program.arguments.map { _ in program.areArgumentsCut })
                        json.member("time", program.moment.time?.exactText)
                    }
                }
            }
        }
    }
}
