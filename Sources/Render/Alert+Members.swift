package import Model

extension JSONWriter {
    /// Every member of an alert: what is not known is null, never missing.
    package mutating func members(of alert: Alert) {
        let identity = alert.identity
        member("alert", alert.name.rawValue)
        member("id", alert.id)
        member("rule", alert.rule)
        member("time", alert.time)
        member("slice", bytes: identity.slice)
        member("unit", bytes: identity.unit)
        member("user_unit", bytes: identity.userUnit)
        name("container")
        if let container = identity.container { object { container.write(to: &$0) } } else { null() }
        name("pod")
        if let pod = identity.pod { object { pod.write(to: &$0) } } else { null() }
        object("cgroup") { json in
            json.member("id", alert.cgroup.rawValue)
            json.member("path", bytes: alert.cgroupPath)
        }
        member("exe", bytes: alert.executable)
        member("comm", bytes: alert.comm)
        member("uid", alert.uid)
        member("pid", alert.pid)
        array("parents", bytes: alert.parents)
        member("op", alert.operation.name)
        member("via", alert.via?.rawValue ?? "syscall")
        member("path", bytes: alert.path)
        member("path_source", alert.path == nil ? nil : alert.pathSource.rawValue)
        member("root", alert.root.rawValue)
    }
}
