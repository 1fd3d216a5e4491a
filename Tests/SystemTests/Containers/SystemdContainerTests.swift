import Foundation
import Testing

extension SystemTests {
    /// Containers whose cgroups a systemd arranges: each is a unit, or stands in one.
    @Suite(.needs("systemd-run")) struct SystemdContainers {
        let folder: Folder
        let place: Place

        init() throws {
            folder = try Folder()
            place = try Place.inMachine(sharing: folder)
        }

        private func hold(_ containers: [Contained], _ location: SourceLocation = #_sourceLocation) throws {
            try place.hold(containers, location) { try Watcher.inMachine(place, folder) }
        }

        @Test(.needs("dockerd")) func `Docker's containers are scopes, in the slice that they are told`() throws {
            try place.runtime(["docker", "up", place.folder, "systemd"])
            try hold([
                Contained(
                    name: "ot-test-docker", start: ["docker", "run"], path: "/system.slice/docker-{id}.scope",
                    row: Contained.row(
                        "docker",
                        Contained.docker("ot-test-docker", ["unit": "docker-{id}.scope", "slice": "system.slice"]))),
                Contained(
                    name: "ot-test-slice", start: ["docker", "run", "--cgroup-parent=web-shop.slice"],
                    path: "/web.slice/web-shop.slice/docker-{id}.scope",
                    row: Contained.row(
                        "docker",
                        Contained.docker("ot-test-slice", ["unit": "docker-{id}.scope", "slice": "web-shop.slice"]))),
            ])
        }

        @Test(.needs("podman", "crun"))
        func `Podman's containers are scopes, alone, in a pod and in a unit of their own`() throws {
            try place.runtime(["podman", "up", place.folder, "systemd"])
            let pod = try place.runtime(["podman", "pod", place.folder, "ot-test-pod"])
            try hold([
                Contained(
                    name: "ot-test-podman", start: ["podman", "run"], path: "/machine.slice/libpod-{id}.scope",
                    row: Contained.row(
                        "podman",
                        Contained.podman("ot-test-podman", ["unit": "libpod-{id}.scope", "slice": "machine.slice"]))),
                Contained(
                    name: "ot-test-in-pod", start: ["podman", "run", "--pod=ot-test-pod"],
                    path: "/machine.slice/machine-libpod_pod_\(pod).slice/libpod-{id}.scope",
                    row: Contained.row(
                        "podman",
                        Contained.podman(
                            "ot-test-in-pod",
                            [
                                "unit": "libpod-{id}.scope", "slice": "machine-libpod_pod_\(pod).slice",
                                "pod.uid": pod, "pod.qos": nil,
                            ]))),
                Contained(
                    name: "ot-test-crun", start: ["podman", "run", "--privileged"], environment: ["RUNTIME": "crun"],
                    path: "/machine.slice/libpod-{id}.scope/container",
                    row: Contained.row(
                        "podman",
                        Contained.podman(
                            "ot-test-crun",
                            ["unit": "libpod-{id}.scope", "slice": "machine.slice", "subgroup": "container"]))),
                Contained(
                    name: "ot-test-web", start: ["podman", "unit", "web.service"],
                    path: "/system.slice/web.service/libpod-payload-{id}",
                    row: Contained.row(
                        "podman",
                        Contained.podman(
                            "ot-test-web",
                            ["unit": "web.service", "slice": "system.slice", "subgroup": "libpod-payload-{id}"]))),
            ])
        }

        @Test(.needs("systemd-nspawn")) func `a container of nspawn has the name that systemd's machined knows`() throws
        {
            // The name is in the path: it is there from the first row on.
            let row: [String: String?] = [
                "kind": "container", "container.runtime": "nspawn", "container.name": "{id}", "container.image": nil,
                "unit": "machine-ot\\x2dtest\\x2dnspawn.scope", "slice": "machine.slice", "subgroup": "payload",
                "pod": nil,
            ]
            try hold([
                Contained(
                    name: "ot-test-nspawn", start: ["nspawn", "run"],
                    path: "/machine.slice/machine-ot\\x2dtest\\x2dnspawn.scope/payload", row: row, untold: row)
            ])
            #expect(try place.command(["machinectl", "list", "--no-legend"]).contains("ot-test-nspawn"))
        }

        @Test(.needs("containerd", "runc"))
        func `containers of a pod's slices have the pod's uid and class, whoever made them`() throws {
            try place.runtime(["containerd", "up", place.folder])
            let uid = Contained.podUID.replacing("-", with: "_")
            let classes = ["burstable", "besteffort", "guaranteed"].map { qos in
                let id = qos.utf8.map { String($0 % 16, radix: 16) }.joined() + Contained.hex.dropFirst(qos.utf8.count)
                let prefix = qos == "guaranteed" ? "kubepods" : "kubepods-\(qos)"
                let slice = "\(prefix)-pod\(uid).slice"
                let above = qos == "guaranteed" ? "/kubepods.slice" : "/kubepods.slice/\(prefix).slice"
                return Contained(
                    name: "ot-test-\(qos)",
                    start: [
                        "containerd", "run", "k8s.io", id, "--runc-systemd-cgroup",
                        "--cgroup=\(slice):cri-containerd:\(id)",
                    ] + Contained.annotations,
                    path: "\(above)/\(slice)/cri-containerd-{id}.scope",
                    row: Contained.row(
                        "containerd",
                        Contained.kubernetes([
                            "unit": "cri-containerd-{id}.scope", "slice": slice, "pod.qos": qos,
                        ])))
            }
            let slice = "kubepods-pod\(uid).slice"
            let crio = Contained(
                name: "ot-test-crio",
                start: ["oci", "run", "runc", "\(slice):crio:\(Contained.hex)", "--systemd-cgroup"],
                path: "/kubepods.slice/\(slice)/crio-\(Contained.hex).scope",
                row: Contained.row(
                    "cri-o",
                    [
                        "container.id": Contained.hex, "unit": "crio-\(Contained.hex).scope", "slice": slice,
                        "pod.uid": Contained.podUID, "pod.qos": "guaranteed",
                    ]))
            try hold(classes + [crio])
        }
    }
}
