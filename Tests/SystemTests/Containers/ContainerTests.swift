import Foundation
import Testing

extension SystemTests {
    /// Containers that real runtimes made, with the known workload in each: the row says whose they are, and counts exactly.
    @Suite struct Containers {
        let folder: Folder
        let place: Place

        init() throws {
            folder = try Folder()
            place = try Place.onHost()
        }

        private func hold(_ containers: [Contained], _ location: SourceLocation = #_sourceLocation) throws {
            try place.hold(containers, location) { try Watcher.onHost(folder, containers: place.stateDirectories) }
        }

        @Test(.needs("dockerd")) func `Docker's containers, below Docker's own cgroup and below another`() throws {
            try place.runtime(["docker", "up", place.folder, "cgroupfs"])
            try hold([
                Contained(
                    name: "ot-test-docker", start: ["docker", "run"], path: "/docker/{id}",
                    row: Contained.row("docker", Contained.docker("ot-test-docker"))),
                // Which runtime's it is, such a path does not say, but the runtime does.
                Contained(
                    name: "ot-test-parent", start: ["docker", "run", "--cgroup-parent=/ot-test-parent"],
                    path: "/ot-test-parent/{id}", row: Contained.row("docker", Contained.docker("ot-test-parent")),
                    untold: Contained.ofSomeRuntime),
            ])
        }

        @Test(.needs("dockerd")) func `Docker's socket tells what no file does that the agent may know of`() throws {
            try place.runtime(["docker", "up", place.folder, "cgroupfs"])
            let socket = "sockets = [\"unix:\(place.folder)/docker.sock\"]\nsocket_timeout = \"5s\""
            let container = Contained(
                name: "ot-test-socket", start: ["docker", "run"], path: "/docker/{id}",
                row: Contained.row("docker", Contained.docker("ot-test-socket")))
            try place.hold([container]) { try Watcher.onHost(folder, containers: socket) }
        }

        @Test(.needs("dockerd"))
        func `a daemon that never answers costs names, which is counted, and no window its time`()
            throws
        {
            try place.runtime(["docker", "up", place.folder, "cgroupfs"])
            let daemon = try SilentDaemon(at: folder.path("silent.sock"))
            let socket = "sockets = [\"unix:\(daemon.path)\"]\nsocket_timeout = \"2s\""
            let container = Contained(
                name: "ot-test-silent", start: ["docker", "run"], path: "/docker/{id}", row: Contained.row("docker"))
            try place.hold([container]) { windows in
                try windows.wait(forLoss: "container_lookups")
                #expect(daemon.wasAsked)
                let lengths = try windows.lengths()
                #expect(lengths.allSatisfy { $0 < 1.8 }, "one second each, and an answer would take two: \(lengths)")
            } watcher: {
                try Watcher.onHost(folder, containers: socket)
            }
        }

        @Test(.needs("podman", "crun")) func `Podman's containers, alone and where it puts those of a pod`() throws {
            try place.runtime(["podman", "up", place.folder, "cgroupfs"])
            try hold([
                Contained(
                    name: "ot-test-podman", start: ["podman", "run"], path: "/libpod_parent/libpod-{id}",
                    row: Contained.row("podman", Contained.podman("ot-test-podman"))),
                // A real pod fails in Podman 4 with this driver on cgroup2: its cgroup lets no device be opened.
                Contained(
                    name: "ot-test-in-pod",
                    start: ["podman", "run", "--cgroup-parent=/libpod_parent/\(Contained.hex)"],
                    path: "/libpod_parent/\(Contained.hex)/libpod-{id}",
                    row: Contained.row(
                        "podman",
                        Contained.podman("ot-test-in-pod", ["pod.uid": Contained.hex, "pod.qos": nil]))),
                // crun may not raise the limit of locked memory everywhere, but for a container that has all rights.
                Contained(
                    name: "ot-test-crun", start: ["podman", "run", "--privileged"], environment: ["RUNTIME": "crun"],
                    path: "/libpod_parent/libpod-{id}",
                    row: Contained.row("podman", Contained.podman("ot-test-crun"))),
            ])
        }

        @Test(.needs("containerd"))
        func `containerd's containers: by a plain name, by a path of their own, and as a kubelet has them made`()
            throws
        {
            try place.runtime(["containerd", "up", place.folder])
            try hold(
                [
                    Contained(
                        name: "ot-test-ctr", start: ["containerd", "run", "default", "ot-test-ctr"],
                        path: "/default/{id}", row: Contained.row("containerd", ["container.name": "ot-test-ctr"]),
                        untold: Contained.bare),
                    Contained(
                        name: "ot-test-hex", start: ["containerd", "run", "default", Contained.hex],
                        path: "/default/{id}", row: Contained.row("containerd")),
                    Contained(
                        name: "ot-test-path",
                        start: ["containerd", "run", "default", "ot-test-path", "--cgroup=/ot-test-path/inner"],
                        path: "/ot-test-path/inner", row: Contained.bare),
                ]
                    + ["burstable", "besteffort", "guaranteed"].map { qos in
                        let id =
                            qos.utf8.map { String($0 % 16, radix: 16) }.joined()
                            + Contained.hex.dropFirst(qos.utf8.count)
                        let pod = (qos == "guaranteed" ? "" : "/\(qos)") + "/pod\(Contained.podUID)"
                        return Contained(
                            name: "ot-test-\(qos)",
                            start: ["containerd", "run", "k8s.io", id, "--cgroup=/kubepods\(pod)/\(id)"]
                                + Contained.annotations,
                            path: "/kubepods\(pod)/{id}",
                            row: Contained.row("containerd", Contained.kubernetes(["pod.qos": qos])))
                    })
        }

        @Test(.needs("runc", "crun")) func `containers of runc and crun alone are the cgroups they were told to be`()
            throws
        {
            let pod = "/kubepods/pod\(Contained.podUID)"
            try hold([
                // Early ones: a place that might be a container's is asked about for as long as most of them take to start.
                Contained(
                    name: "ot-test-runc", start: ["oci", "run", "runc", ""], path: "/{id}",
                    row: Contained.row("runc", ["container.name": "ot-test-runc"]), untold: Contained.bare),
                Contained(
                    name: "ot-test-crun", start: ["oci", "run", "crun", ""], path: "/{id}",
                    row: Contained.row("crun", ["container.name": "ot-test-crun"]), untold: Contained.bare),
                Contained(
                    name: "ot-test-pod", start: ["oci", "run", "runc", "\(pod)/\(Contained.hex)"],
                    path: "\(pod)/\(Contained.hex)",
                    row: Contained.row(
                        "containerd",
                        ["container.id": Contained.hex, "pod.uid": Contained.podUID, "pod.qos": "guaranteed"])),
                Contained(
                    name: "ot-test-crio", start: ["oci", "run", "crun", "\(pod)/crio-\(Contained.hex)"],
                    path: "\(pod)/crio-\(Contained.hex)",
                    row: Contained.row(
                        "cri-o", ["container.id": Contained.hex, "pod.uid": Contained.podUID, "pod.qos": "guaranteed"])),
            ])
        }
    }
}
