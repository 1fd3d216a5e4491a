internal import Model

extension TraceEvent {
    /// One object with every member; what is absent is null.
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("pid", actor.pid)
            json.member("cgid", actor.cgroup.rawValue)
            json.member("comm", bytes: actor.comm)
            json.member("kind", kind.rawValue)
            json.member("flags", facts.flags)
            json.member("mode", mode)
            json.member("filename", bytes: filename)
            json.member("fname", bytes: filename)
            json.member("return", facts.result)
            json.member("time", time?.exactText)
            json.member("tid", actor.tid)
            json.member("ppid", actor.parent)
            json.member("uid", actor.uid)
            json.member("unit", bytes: actor.unit)
            json.member("path", bytes: path)
            json.member("created", facts.created)
            json.member("via", via?.rawValue)
            json.member("dev", file.map { "\($0.major):\($0.minor)" })
            json.member("ino", file?.inode)
            json.member("op", operation.rawValue)
            json.member("target", bytes: target)
            json.member("target_path", bytes: targetPath)
            json.member("resolved", resolution?.rawValue)
            json.member("root", root?.rawValue)
            json.member("container", bytes: actor.container)
            json.array("argv", bytes: arguments)
            json.member("argv_truncated", arguments.map { _ in areArgumentsCut })
            json.member("opcode", opcode?.rawValue)
        }
    }
}
