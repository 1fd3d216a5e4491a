import Glibc
import Machine
import Model

/// From cgroup ID to identity: the walk at start, an ID nobody has told of, and one that is known.
func benchmarkNames(cgroups count: Int) throws {
    guard let mount = CgroupMount(mountinfo: try readFile("/proc/self/mountinfo")) else {
        throw Unmeasurable("no cgroup2 is mounted", "/proc/self/mountinfo")
    }
    let tree = try CgroupTree(mount)
    let made = try MadeCgroups(count, below: mount.path)
    var ids: [CgroupID] = []
    var names = CgroupNames(startsAtRealRoot: tree.startsAtRealRoot)

    let walk = microseconds(each: 1) {
        ids.removeAll()
        names = CgroupNames(startsAtRealRoot: tree.startsAtRealRoot)
        tree.walk { id, path in
            names.found(id, path: path)
            if path.bytes.starts(with: made.shownPath) { ids.append(id) }
        }
    }
    report("walk at start, \(names.count) cgroups", walk)
    guard ids.count > count else { throw Unmeasurable("the walk did not find them all", mount.path.lossyText) }

    let sample = Array(ids.suffix(1000))
    let ask: (CgroupID) -> ByteString? = { tree.path(of: $0) }
    let invocation: (CgroupID) -> String? = { tree.invocationID(of: $0) }
    report("path of an ID", microseconds(each: sample.count) { for id in sample where ask(id) == nil { abort() } })
    report("invocation of an ID", microseconds(each: sample.count) { for id in sample { _ = invocation(id) } })
    for path: ByteString in [
        "/system.slice/nginx.service", "/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope",
    ] {
        report(
            "identity of \(path.lossyText)",
            microseconds(each: 1000) { for _ in 0..<1000 { _ = UnitIdentity(cgroupPath: path) } })
    }
    report(
        "name of an unknown ID, its invocation included",
        microseconds(each: sample.count) {
            var empty = CgroupNames(startsAtRealRoot: tree.startsAtRealRoot)
            for id in sample where empty.name(of: id, current: ask, invocation: invocation) == nil { abort() }
        })
    // Who has no invocation is asked for it a few times.
    for _ in 0..<5 { for id in sample { _ = names.name(of: id, current: ask, invocation: invocation) } }
    var asked = 0
    let count: (CgroupID) -> Void = { _ in asked += 1 }
    report(
        "name of a known ID",
        microseconds(each: sample.count) {
            for id in sample {
                let name = names.name(
                    of: id,
                    current: {
                        count($0); return nil
                    },
                    invocation: {
                        count($0); return nil
                    })
                if name == nil { abort() }
            }
        })
    print("questions asked of the file system for known IDs: \(asked)")
}

/// Cgroups below one of their own, removed in the end.
private final class MadeCgroups {
    let shownPath: [UInt8]
    private let top: String
    private let count: Int

    init(_ count: Int, below mount: ByteString) throws {
        shownPath = Array("/ot-bench-\(getpid()).slice".utf8)
        top = mount.lossyText + String(decoding: shownPath, as: UTF8.self)
        self.count = count
        guard mkdir(top, 0o755) == 0 else { throw Unmeasurable("mkdir", top) }
        for number in 0..<count where mkdir(name(number), 0o755) != 0 {
            remove()
            throw Unmeasurable("mkdir", name(number))
        }
    }

    deinit { remove() }

    private func name(_ number: Int) -> String { "\(top)/bench@\(number).service" }

    private func remove() {
        for number in 0..<count { rmdir(name(number)) }
        rmdir(top)
    }
}
