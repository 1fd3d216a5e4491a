internal import Model

extension JSONWriter {
    /// An attribute as OTLP has them: a key and a typed value.
    mutating func attribute(_ key: String, _ value: String) {
        attribute(key, of: "stringValue") { $0.string(value) }
    }

    mutating func attribute(_ key: String, _ value: Bool) {
        attribute(key, of: "boolValue") { $0.boolean(value) }
    }

    /// Nothing when the value is absent; where it is not UTF-8, `<key>.raw` follows with all bytes in base64.
    mutating func attribute(_ key: String, bytes value: ByteString?) {
        guard let value else { return }
        attribute(key, of: "stringValue") { $0.string(value) }
        if !value.isText { attribute(key + ".raw", base64(value.bytes)) }
    }

    private mutating func attribute(_ key: String, of type: String, _ value: (inout Self) -> Void) {
        object { json in
            json.member("key", key)
            json.object("value") { json in
                json.name(type)
                value(&json)
            }
        }
    }

    /// A 64-bit number as JSON has them in protobuf: a string, so that no reader rounds it.
    mutating func member(_ name: String, quoted value: some FixedWidthInteger) {
        self.name(name)
        string(String(value))
    }
}

extension CumulativeKey {
    /// The attributes of every point of this series.
    func attributes(by grouping: Grouping) -> [UInt8] {
        var json = JSONWriter()
        switch remainder {
        case .overflow: json.attribute("otel.metric.overflow", true)
        case .unresolved: json.attribute("otagent.remainder", Remainder.unresolved.rawValue)
        case nil: break
        }
        json.attribute("systemd.unit.name", bytes: unit)
        json.attribute("systemd.user_unit.name", bytes: userUnit)
        json.attribute("systemd.slice.name", bytes: slice)
        if let ownerUID { json.attribute("user.id", String(ownerUID)) }
        if let container {
            json.attribute("container.id", bytes: container.id)
            if let runtime = container.runtime { json.attribute("container.runtime.name", runtime) }
            json.attribute("container.name", bytes: container.name)
        }
        if let pod {
            json.attribute("k8s.pod.uid", bytes: pod.uid)
            json.attribute("k8s.pod.name", bytes: pod.name)
            json.attribute("k8s.namespace.name", bytes: pod.namespace)
        }
        json.attribute("otagent.cgroup.path", bytes: cgroup)
        json.groupingAttribute(grouping)
        return json.bytes
    }
}

extension JSONWriter {
    /// Which rows were added up; nothing for a row for each cgroup.
    ///
    /// A collector may get several groupings of one host, and must not take one's points for another's.
    mutating func groupingAttribute(_ grouping: Grouping) {
        if grouping != .cgroup {
            attribute("otagent.group_by", grouping.keys.map(\.rawValue).joined(separator: "+"))
        }
    }
}

extension Batch {
    /// The members of `resource`: one for the host, whatever is told of it.
    func writeResource(to json: inout JSONWriter) {
        json.object("resource") { json in
            json.array("attributes") { json in
                json.attribute("service.name", "otagent")
                json.attribute("service.version", agent.version)
                json.attribute("service.instance.id", host.id.map(Self.uuid) ?? agent.instance)
                json.attribute("host.name", host.name)
                if let id = host.id { json.attribute("host.id", id) }
                json.attribute("os.type", "linux")
                json.attribute("os.description", "Linux \(host.kernel)")
                json.attribute("otagent.backend", agent.backend)
            }
        }
    }

    /// The host's id as a UUID, which is how instances are called; the same after a restart, so that series go on.
    private static func uuid(_ id: String) -> String {
        guard id.utf8.count == 32, id.utf8.allSatisfy({ $0 != UInt8(ascii: "-") }) else { return id }
        var (text, rest) = ("", id[...])
        for length in [8, 4, 4, 4, 12] {
            text += (text.isEmpty ? "" : "-") + rest.prefix(length)
            rest = rest.dropFirst(length)
        }
        return text
    }
}
