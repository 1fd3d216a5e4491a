import Foundation

/// Units with names and places as bad as systemd allows, each with a process that stays.
enum UglyUnits {
    /// Their names: those that clash with the kernel's own files get a `_` in their cgroup's name.
    private static let plain =
        [
            "plain.service", "_lead.service", "__two.service", "tasks.service", "notify_on_release.service",
            "release_agent.service", "cpu.service", "memory.service", "io.service", "hugetlb.service", "pids.service",
            "cgroup.service", "cgroup.procs.service", ".hid.service", #"a\x2db.service"#, "x:y_z.service",
            "dash-.service", "-.service", "user.service", "session.scope.service", "a.slice.service", "user-7.service",
            "user@bob.service", "user@.odd.service", #"\xc3\xbc.service"#,
        ] + [String(repeating: "n", count: 247) + ".service"]

    private static let slices = [
        "deep.service": "a-b-c.slice", "escaped.service": #"a\x2dq-b.slice"#, "kernel.service": "cpu.slice",
        "zeros.service": "user-007.slice", "nobody.service": "user-65535.slice", "owned.service": "user-66.slice",
        "below.service": "user-66-x.slice", "named.service": "user-x.slice", "under.service": "_odd.slice",
        "guest.service": "machine.slice",
    ]

    /// As `systemd-escape` writes "tty1", "a b/c-d", an ugly text, "/" and "/var/lib/.hid".
    private static let instances = [
        "tty1", #"a\x20b-c\x2dd"#, #"\xc3\xbcn\xc3\xaf\x20\x22x\x22\x20100\x25"#, "a@b.c:d", "-", #"var-lib-.hid"#,
    ]

    /// Cgroups such as anybody may make, without any systemd: what looks like a unit is one to libsystemd.
    static let forged = [
        "user@5.service", "user@5.service/x.service", "user@007.service/x.service", "user@65535.service/x.service",
        "user@4294967295.service/x.service", "user@4294967296.service/x.service", "user@+5.service/x.service",
        "user@.service/x.service", "_user@6.service/x.service", "_session-3.scope/x.service",
        "session-3.scope/x.slice/y.service", "session-3.scope/bare", "session-a_b.scope/q.service",
        "session-.scope/q.service", "user.slice/user-5.slice/session-c4.scope/bare",
        "ab.slice/_user@8.service/a.service",
        "user@9.service/app.slice/app-x.slice/bare", "user@9.service/user@10.service/x.service",
        "x.slice", "_x.slice", "ex/a.service", "_.slice", ".slice", "___a.service", "a..service", ".a.service",
        "@a.service", "a@.service", "a@b.slice", "a.slice/b.slice", "a.slice/b.service/c.slice/d.service",
        "user-1.slice", "user-01.slice", "user-65535.slice", "user-4294967294.slice", "user-4294967295.slice",
        "user-1.slice/a.slice", "_user-9.slice", "sp ace.service", "a!b.service", "ü.service", "x.timer", "x.device",
        "x.mount", "x.Service", "service", "init.scope/x.service", "x.service/user@1.service/y.service",
    ]

    static var all: [String] {
        plain + slices.keys.sorted() + instances.map { "ugly@\($0).service" } + ["deleg.service"]
    }

    /// A script that makes and starts them all in a machine, and puts a process into each of the forged cgroups.
    static func script(in folder: Folder) throws -> String {
        let units = folder.path("units")
        try FileManager.default.createDirectory(atPath: units, withIntermediateDirectories: true)
        func write(_ name: String, _ service: String) throws {
            try folder.write("units/\(name)", "[Service]\n\(service)\n")
        }
        let stay = "ExecStart=sleep infinity"
        for name in plain { try write(name, stay) }
        for (name, slice) in slices { try write(name, "\(stay)\nSlice=\(slice.replacing("%", with: "%%"))") }
        try write("ugly@.service", stay)
        // What arranges cgroups below itself, as container managers do.
        try folder.write(
            "delegated.sh",
            """
            own=/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)
            for name in payload payload/system.slice/x.service supervisor; do
                mkdir -p "$own/$name"
                sh -c 'echo $$ > "$1/cgroup.procs"; exec sleep infinity' - "$own/$name" &
            done
            exec sleep infinity
            """)
        try write("deleg.service", "Delegate=yes\nExecStart=sh \(folder.path("delegated.sh"))")
        // A socket has a process while what comes after its start takes its time.
        try folder.write(
            "units/stays.socket",
            "[Socket]\nListenStream=/run/stays\nExecStartPost=sleep infinity\nTimeoutSec=infinity\n")
        try folder.write("units/stays.service", "[Service]\n\(stay)\n")
        // A mount has one when its helper leaves it behind.
        try folder.write("mount.stays", "#!/bin/sh\nmount -t tmpfs none \"$2\"\nsleep infinity >/dev/null 2>&1 &\n")
        try folder.write("units/run-mounted.mount", "[Mount]\nWhat=none\nWhere=/run/mounted\nType=stays\n")

        return """
            cp -r -- \(units)/. /etc/systemd/system/
            install \(folder.path("mount.stays")) /sbin/mount.stays
            systemctl daemon-reload
            systemctl start --no-block --no-ask-password -- \(all.map { "'\($0)'" }.joined(separator: " ")) stays.socket run-mounted.mount
            cd /sys/fs/cgroup
            for name in \(forged.map { "'\($0)'" }.joined(separator: " ")); do
                mkdir -p "./$name"
                setsid sh -c 'echo $$ > "./$1/cgroup.procs"; exec sleep infinity' - "$name" >/dev/null 2>&1 &
            done
            """
    }
}
