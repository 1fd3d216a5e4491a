package import Model

extension RunGraph {
    /// PROV-JSON (https://www.w3.org/submissions/prov-json/): processes are activities, users are agents, and each state of a
    /// file is an entity.
    ///
    /// - Parameter mostSources: a process whose files have more sources than this in all, as those of a copier of whole
    ///   directories have by the million, has no derivations; its activity says how many there would be.
    package func provJSON(evidence: [Int: FileEvidence] = [:], mostSources: Int = 100_000) -> [UInt8] {
        let leftOut = sourceCounts().filter { $0.value > mostSources }
        var json = JSONWriter()
        json.object { json in
            json.object("prefix") { json in
                json.member("run", "urn:opentrace:run:")
                json.member("ot", "urn:opentrace:terms:")
            }
            json.object("entity") { json in for file in files { entities(file, evidence[file], &json) } }
            json.object("activity") { json in for process in processes { activity(process, leftOut[process], &json) } }
            json.object("agent") { json in
                for uid in Set(processes.compactMap { history.processes[$0].uid }).sorted() {
                    json.object("run:user-\(uid)") { json in
                        json.member("prov:label", "uid \(uid)")
                        json.object("prov:type") { json in
                            json.member("$", "prov:Person")
                            json.member("type", "prov:QUALIFIED_NAME")
                        }
                    }
                }
            }
            relations(&json, withoutSources: leftOut)
        }
        json.endLine()
        return json.bytes
    }

    private func before(_ file: Int) -> String { hasTwoStates(file) ? "run:file-\(file)-before" : "run:file-\(file)" }
    private func after(_ file: Int) -> String { hasTwoStates(file) ? "run:file-\(file)-after" : "run:file-\(file)" }

    private func entities(_ file: Int, _ evidence: FileEvidence?, _ json: inout JSONWriter) {
        let history = history.files[file]
        func write(_ id: String, _ name: FileName?, _ fingerprint: FileFingerprint?, _ json: inout JSONWriter) {
            json.object(id) { json in
                json.member("prov:label", name?.legible ?? "a file without a name")
                if let name {
                    json.name("prov:location")
                    json.string(name.path)
                    if name.path.text == nil { json.member("ot:path_base64", base64(name.path.bytes)) }
                    if let container = name.container { json.member("ot:container", container.legible) }
                }
                if let digits = fingerprint?.sha256 { json.member("ot:sha256", digits) }
                if let fingerprint { json.member("ot:size", String(fingerprint.size)) }
            }
        }
        guard hasTwoStates(file) else {
            return write(before(file), history.name, evidence?.after ?? evidence?.before, &json)
        }
        write(before(file), history.firstName, evidence?.before, &json)
        write(after(file), history.name, evidence?.after, &json)
    }

    private func activity(_ number: Int, _ leftOut: Int?, _ json: inout JSONWriter) {
        let process = history.processes[number]
        json.object("run:process-\(number)") { json in
            if let start = (process.forked ?? process.firstSeen).time { json.member("prov:startTime", start.exactText) }
            if let end = process.ended?.time { json.member("prov:endTime", end.exactText) }
            json.member("prov:label", history.legibleCommand(of: number))
            json.member("ot:pid", String(process.pid))
            switch process.end {
            case .exited(let code): json.member("ot:exit_code", String(code))
            case .killed(let signal): json.member("ot:signal", String(signal))
            case .unknown, nil: break
            }
            if let leftOut { json.member("ot:derivations_left_out", String(leftOut)) }
        }
    }

    private func relations(_ json: inout JSONWriter, withoutSources leftOut: [Int: Int]) {
        json.object("used") { json in
            for edge in reads {
                let use = history.files[edge.file].uses[edge.process]
                relation("u-\(edge.process)-\(edge.file)", use?.firstRead?.time, &json) { json in
                    json.member("prov:activity", "run:process-\(edge.process)")
                    // Who reads what another process of the run wrote has the later state.
                    json.member("prov:entity", isReadAfterChange(edge) ? after(edge.file) : before(edge.file))
                }
            }
        }
        json.object("wasGeneratedBy") { json in
            for edge in writes {
                let use = history.files[edge.file].uses[edge.process]
                relation("g-\(edge.process)-\(edge.file)", use?.lastChange?.time, &json) { json in
                    json.member("prov:entity", after(edge.file))
                    json.member("prov:activity", "run:process-\(edge.process)")
                }
            }
        }
        json.object("wasDerivedFrom") { json in
            for edge in writes where leftOut[edge.process] == nil {
                for source in sources(of: edge) where source != edge.file || hasTwoStates(edge.file) {
                    relation("d-\(edge.process)-\(edge.file)-\(source)", nil, &json) { json in
                        json.member("prov:generatedEntity", after(edge.file))
                        json.member(
                            "prov:usedEntity",
                            source == edge.file ? before(source) : stateRead(by: edge.process, source))
                        json.member("prov:activity", "run:process-\(edge.process)")
                    }
                }
            }
        }
        json.object("wasInformedBy") { json in
            for process in processes {
                guard let parent = history.processes[process].parent else { continue }
                relation("i-\(process)", nil, &json) { json in
                    json.member("prov:informed", "run:process-\(process)")
                    json.member("prov:informant", "run:process-\(parent)")
                }
            }
        }
        json.object("wasAssociatedWith") { json in
            for process in processes {
                guard let uid = history.processes[process].uid else { continue }
                relation("a-\(process)", nil, &json) { json in
                    json.member("prov:activity", "run:process-\(process)")
                    json.member("prov:agent", "run:user-\(uid)")
                }
            }
        }
    }

    private func relation(
        _ id: String, _ time: Timestamp?, _ json: inout JSONWriter, _ members: (inout JSONWriter) -> Void
    ) {
        json.object("_:\(id)") { json in
            members(&json)
            if let time { json.member("prov:time", time.exactText) }
        }
    }

    private func stateRead(by process: Int, _ file: Int) -> String {
        isReadAfterChange(Edge(process: process, file: file)) ? after(file) : before(file)
    }

    private func isReadAfterChange(_ edge: Edge) -> Bool {
        let file = history.files[edge.file]
        guard let change = file.firstChange ?? file.firstOpenedToWrite, let read = file.uses[edge.process]?.firstRead
        else { return false }
        return change < read
    }
}
