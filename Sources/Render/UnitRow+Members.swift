internal import Model

extension UnitRow {
    /// Every member of a row: what is not known is null, never missing.
    func write(to json: inout JSONWriter, counting members: CounterMembers) {
        identity.write(series, invocationID: invocationID, to: &json)
        writeCgroup(to: &json)
        members.write(counters, openErrors: openErrors, writeErrors: writeErrors, to: &json)
        json.array("writers") { json in
            for writer in writers { json.object { writer.write(to: &$0, counting: members) } }
        }
    }

    private func writeCgroup(to json: inout JSONWriter) {
        json.name("cgroup")
        if cgroup == nil && path == nil { return json.null() }
        json.object { json in
            json.member("id", cgroup?.rawValue)
            json.member("path", bytes: path)
        }
    }
}

extension WriterRow {
    func write(to json: inout JSONWriter, counting members: CounterMembers) {
        json.member("exe", bytes: executable)
        json.member("comm", bytes: comm)
        json.member("uid", uid)
        members.write(CounterMembers.writer, of: counters, to: &json)
    }
}

extension CgroupName {
    /// The members of a row that say which cgroup it is.
    func write(id: CgroupID, to json: inout JSONWriter) {
        identity.write(SeriesNames(of: identity, folding: true), invocationID: invocationID, to: &json)
        json.object("cgroup") { json in
            json.member("id", id.rawValue)
            json.member("path", bytes: path)
        }
    }
}

extension UnitIdentity {
    fileprivate func write(_ series: SeriesNames, invocationID: String?, to json: inout JSONWriter) {
        json.member("unit", bytes: unit)
        json.member("unit_series", bytes: series.unit)
        json.member("kind", kind.rawValue)
        json.member("slice", bytes: slice)
        json.member("user_unit", bytes: userUnit)
        json.member("user_unit_series", bytes: series.userUnit)
        json.member("user_slice", bytes: userSlice)
        json.member("owner_uid", ownerUID)
        json.member("subgroup", bytes: subgroup)
        json.member("template", bytes: template)
        json.member("instance", bytes: instance)
        json.member("invocation_id", invocationID)
        json.name("container")
        if let container { json.object { container.write(to: &$0) } } else { json.null() }
        json.name("pod")
        if let pod { json.object { pod.write(to: &$0) } } else { json.null() }
    }
}

extension UnitIdentity.Container {
    func write(to json: inout JSONWriter) {
        json.member("id", bytes: id)
        json.member("runtime", runtime)
        json.member("name", bytes: name)
        json.member("image", bytes: image)
        json.member("unit", bytes: unit)
        json.member("slice", bytes: slice)
    }
}

extension UnitIdentity.Pod {
    func write(to json: inout JSONWriter) {
        json.member("uid", bytes: uid)
        json.member("name", bytes: name)
        json.member("namespace", bytes: namespace)
        json.member("qos", qos)
    }
}
