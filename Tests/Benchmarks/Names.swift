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
    var samples: [MadeCgroups.Kind: [CgroupID]] = [:]
    var names = CgroupNames(startsAtRealRoot: tree.startsAtRealRoot)

    let walk = microseconds(each: 1) {
        ids.removeAll()
        samples.removeAll()
        names = CgroupNames(startsAtRealRoot: tree.startsAtRealRoot)
        tree.walk { id, path in
            names.found(id, path: path)
            if let kind = made.kind(of: path) {
                ids.append(id)
                samples[kind, default: []].append(id)
            }
        }
    }
    report("walk at start, \(names.count) cgroups", walk)
    guard ids.count == count else { throw Unmeasurable("the walk did not find them all", mount.path.lossyText) }

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
    for invocation in ["no invocation anywhere", "invocation in the attribute"] {
        for kind in MadeCgroups.Kind.allCases {
            reportUnknown(tree, Array((samples[kind] ?? []).suffix(1000)), "\(kind), \(invocation)")
        }
        try made.writeInvocations()
    }
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

/// Cgroups of three kinds below one of their own, removed in the end.
private final class MadeCgroups {
    enum Kind: String, CaseIterable {
        case service, scope, container

        /// What they stand in.
        var place: String { self == .scope ? "/user@1000.service/app.slice" : "" }

        func name(_ number: Int) -> String {
            switch self {
            case .service: "bench@\(number).service"
            case .scope: "bench-\(number).scope"
            case .container:
                "docker-\(String(repeating: "0123456789abcdef", count: 3))\(String(UInt64(number) | 1 << 63, radix: 16)).scope"
            }
        }
    }

    private let shownPath: String
    private let top: String
    private let count: Int

    init(_ count: Int, below mount: ByteString) throws {
        shownPath = "/ot-bench-\(getpid()).slice"
        top = mount.lossyText + shownPath
        self.count = count
        for place in places.reversed() {
            guard mkdir(place, 0o755) == 0 else { throw Unmeasurable("mkdir", place) }
        }
        for number in 0..<count where mkdir(path(number), 0o755) != 0 {
            remove()
            throw Unmeasurable("mkdir", path(number))
        }
    }

    deinit { remove() }

    func kind(of path: ByteString) -> Kind? {
        guard path.bytes.starts(with: shownPath.utf8) else { return nil }
        let name = path.bytes.split(separator: UInt8(ascii: "/")).last ?? []
        return if name.starts(with: "docker-".utf8) {
            .container
        } else if name.starts(with: "bench-".utf8) {
            .scope
        } else if name.starts(with: "bench@".utf8) {
            .service
        } else {
            nil
        }
    }

    /// As systemd does it for its services; by another program, as Swift's Glibc has no setxattr.
    func writeInvocations() throws {
        let program = """
            import os, sys
            for place, folders, files in os.walk(sys.argv[1]):
                for name in folders:
                    os.setxattr(os.path.join(place, name), "trusted.invocation_id", b"0123456789abcdef" * 2)
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program, top]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Unmeasurable("setxattr", top) }
    }

    private func path(_ number: Int) -> String {
        let kind = Kind.allCases[number % Kind.allCases.count]
        return "\(top)\(kind.place)/\(kind.name(number))"
    }

    /// The innermost first.
    private var places: [String] { ["\(top)/user@1000.service/app.slice", "\(top)/user@1000.service", top] }

    private func remove() {
        for number in 0..<count { rmdir(path(number)) }
        for place in places { rmdir(place) }
    }
}
