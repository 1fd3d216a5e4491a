import Foundation
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
    report(
        "path of an ID",
        microseconds(each: sample.count) { for id in sample where tree.path(of: id) == nil { abort() } })
    for path: ByteString in [
        "/system.slice/nginx.service", "/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope",
        ByteString("/system.slice/docker-\(String(repeating: "0123456789abcdef", count: 4)).scope"),
    ] {
        report(
            "identity of \(path.lossyText.prefix(50))",
            microseconds(each: 1000) { for _ in 0..<1000 { _ = UnitIdentity(cgroupPath: path) } })
    }
    reportUnknown(tree, sample, "no invocation anywhere")
    try made.writeInvocations()
    reportUnknown(tree, sample, "invocation in the attribute")
    reportKnown(&names, sample)
}

/// As the pipeline looks at a cgroup that it has never heard of.
private func reportUnknown(_ tree: borrowing CgroupTree, _ sample: [CgroupID], _ what: String) {
    var times: [Double] = []
    for _ in 0..<rounds {
        var names = CgroupNames(startsAtRealRoot: tree.startsAtRealRoot, asksAboutContainers: true)
        times.append(
            microsecondsOnce(each: sample.count) {
                for id in sample {
                    let name = names.name(
                        of: id, look: { tree.name(of: $0) }, invocation: { tree.invocationID(of: $0, named: $1) })
                    if name == nil { abort() }
                }
            })
    }
    report("unknown ID, all of it: \(what)", times.sorted()[rounds / 2])
}

private func reportKnown(_ names: inout CgroupNames, _ sample: [CgroupID]) {
    // Who has no invocation is asked for it a few times.
    for _ in 0..<5 {
        for id in sample { _ = names.name(of: id, look: { _ in nil }, invocation: { _, _ in nil }) }
        _ = names.drained()
    }
    var asked = 0
    var times: [Double] = []
    for _ in 0..<rounds {
        times.append(
            microsecondsOnce(each: sample.count) {
                for id in sample {
                    let look = { (_: CgroupID) -> CgroupName? in
                        asked += 1
                        return nil
                    }
                    let invocation = { (_: CgroupID, _: CgroupName) -> String? in
                        asked += 1
                        return nil
                    }
                    if names.name(of: id, look: look, invocation: invocation) == nil { abort() }
                }
            })
    }
    report("name of a known ID", times.sorted()[rounds / 2])
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

    /// As systemd does it for its services; by another program, as Swift's Glibc has no setxattr.
    func writeInvocations() throws {
        let program = """
            import os, sys
            for name in os.scandir(sys.argv[1]):
                if name.is_dir(): os.setxattr(name.path, "trusted.invocation_id", b"0123456789abcdef" * 2)
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program, top]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Unmeasurable("setxattr", top) }
    }

    private func name(_ number: Int) -> String { "\(top)/bench@\(number).service" }

    private func remove() {
        for number in 0..<count { rmdir(name(number)) }
        rmdir(top)
    }
}
