import Testing

@testable import Model

/// 64 hexadecimal digits.
private let id = String(repeating: "0123456789abcdef", count: 4)
private let node = String(repeating: "9", count: 64)
/// What BuildKit draws: 25 digits to the base 36.
private let build = "k3z9q0w8e7r6t5y4u3i2o1p0a"
private let pod = "0a1b2c3d-0011-2233-4455-66778899aabb"
private let pod_ = "0a1b2c3d_0011_2233_4455_66778899aabb"

/// The specification of which containers and pods a cgroup path tells: `kind` and then what is not nil.
@Suite("A cgroup path tells containers and pods")
struct UnitIdentityContainerTests {
    @Test(
        "Containers that are a unit, or stand in one",
        arguments: [
            ("/system.slice/docker-\(id).scope", "slice=system.slice unit=docker-\(id).scope container=docker:\(id)"),
            (
                "/system.slice/docker-\(id).scope/system.slice/x.service",
                "slice=system.slice unit=docker-\(id).scope subgroup=system.slice/x.service container=docker:\(id) inside=system.slice/x.service"
            ),
            ("/web.slice/docker-\(id).scope", "slice=web.slice unit=docker-\(id).scope container=docker:\(id)"),
            (
                "/system.slice/nerdctl-\(id).scope",
                "slice=system.slice unit=nerdctl-\(id).scope container=containerd:\(id)"
            ),
            ("/machine.slice/libpod-\(id).scope", "slice=machine.slice unit=libpod-\(id).scope container=podman:\(id)"),
            (
                "/machine.slice/libpod-\(id).scope/container",
                "slice=machine.slice unit=libpod-\(id).scope subgroup=container container=podman:\(id)"
            ),
            (
                "/machine.slice/machine-libpod_pod_\(id).slice/libpod-\(id).scope",
                "slice=machine-libpod_pod_\(id).slice unit=libpod-\(id).scope container=podman:\(id) pod=\(id)/-"
            ),
            (
                "/system.slice/web.service/libpod-payload-\(id)",
                "slice=system.slice unit=web.service subgroup=libpod-payload-\(id) container=podman:\(id)"
            ),
            (
                "/system.slice/web.service/libpod-payload-\(id)/app",
                "slice=system.slice unit=web.service subgroup=libpod-payload-\(id)/app container=podman:\(id)"
            ),
            (
                "/user.slice/user@1.service/user.slice/libpod-\(id).scope/container",
                "slice=user.slice unit=user@1.service user_unit=libpod-\(id).scope user_slice=user.slice "
                    + "subgroup=container template=user@.service instance=1 container=podman:\(id)"
            ),
            (
                #"/machine.slice/systemd-nspawn@a\x2db.service/payload/init.scope"#,
                #"slice=machine.slice unit=systemd-nspawn@a\x2db.service subgroup=payload/init.scope "#
                    + #"template=systemd-nspawn@.service instance=a\x2db container=nspawn:a\x2db(a-b) inside=-.slice/init.scope"#
            ),
            (
                "/machine.slice/machine-deb.scope/payload",
                "slice=machine.slice unit=machine-deb.scope subgroup=payload container=nspawn:deb(deb)"
            ),
            (
                "/machine.slice/machine-deb.scope",
                "slice=machine.slice unit=machine-deb.scope container=nspawn:deb(deb)"
            ),
            (
                #"/machine.slice/machine-qemu\x2d3\x2dweb\x2d1.scope/libvirt/emulator"#,
                #"slice=machine.slice unit=machine-qemu\x2d3\x2dweb\x2d1.scope subgroup=libvirt/emulator "#
                    + #"container=libvirt:web\x2d1(web-1)"#
            ),
            (
                #"/machine.slice/machine-lxc\x2d7\x2dct.scope"#,
                #"slice=machine.slice unit=machine-lxc\x2d7\x2dct.scope container=libvirt:ct(ct)"#
            ),
            (
                "/ecstasks.slice/ecstasks-0a1b.slice/docker-\(id).scope",
                "slice=ecstasks-0a1b.slice unit=docker-\(id).scope container=docker:\(id)"
            ),
            (
                "/system.slice/buildkit-\(build).scope",
                "slice=system.slice unit=buildkit-\(build).scope container=buildkit:\(build)"
            ),
            (
                "/system.slice/docker-\(build).scope",
                "slice=system.slice unit=docker-\(build).scope container=buildkit:\(build)"
            ),
            ("/system.slice/runc-web.scope", "slice=system.slice unit=runc-web.scope container=runc:web(web)"),
            (
                "/system.slice/crun-web.scope/container",
                "slice=system.slice unit=crun-web.scope subgroup=container container=crun:web(web)"
            ),
            ("/system.slice/ctr-ct1.scope", "slice=system.slice unit=ctr-ct1.scope container=containerd:ct1(ct1)"),
            ("/qemu.slice/100.scope", "slice=qemu.slice unit=100.scope container=qemu:100(100)"),
        ])
    func containersInUnits(_ path: String, _ expected: String) { check(path, "container " + expected) }

    @Test(
        "Containers that belong to no unit",
        arguments: [
            ("/docker/\(id)", "slice=-.slice container=docker:\(id)"),
            ("/docker/\(id)/init", "slice=-.slice subgroup=init container=docker:\(id)"),
            ("/docker/\(String(repeating: "9", count: 64))/docker/\(id)", "slice=-.slice container=docker:\(id)"),
            ("/actions_job/\(id)", "slice=-.slice container=docker:\(id)"),
            ("/ecs/task/\(id)", "slice=-.slice container=docker:\(id)"),
            ("/ecs/cluster/task/\(id)", "slice=-.slice container=docker:\(id)"),
            ("/p/\(id)", "slice=-.slice container=?:\(id)"),
            ("/docker/buildkit/\(build)", "slice=-.slice container=buildkit:\(build)"),
            ("/buildkit/\(build)", "slice=-.slice container=buildkit:\(build)"),
            ("/garden/\(pod)", "slice=-.slice container=garden:\(pod)"),
            ("/garden/\(pod.prefix(28))/init", "slice=-.slice subgroup=init container=garden:\(pod.prefix(28))"),
            ("/lxc.payload.a/lxc.payload.b", "slice=-.slice container=lxc:b(b)"),
            (
                "/docker/\(id)/syscont-cgroup-root/system.slice/x.service",
                "slice=-.slice subgroup=syscont-cgroup-root/system.slice/x.service container=docker:\(id) "
                    + "inside=system.slice/x.service"
            ),
            ("/k8s.io/\(id)", "slice=-.slice container=containerd:\(id)"),
            ("/default/\(id)", "slice=-.slice container=containerd:\(id)"),
            ("/libpod_parent/libpod-\(id)", "slice=-.slice container=podman:\(id)"),
            ("/libpod_parent/\(id)/libpod-\(id)", "slice=-.slice container=podman:\(id) pod=\(id)/-"),
            ("/lxc.payload.web", "slice=-.slice container=lxc:web(web)"),
            (
                "/lxc.payload.web/system.slice/x.service",
                "slice=-.slice subgroup=system.slice/x.service container=lxc:web(web) inside=system.slice/x.service"
            ),
            ("/lxc.payload/web", "slice=-.slice container=lxc:web(web)"),
            (
                "/lxc/101/ns/init.scope",
                "slice=-.slice subgroup=ns/init.scope container=lxc:101(101) inside=-.slice/init.scope"
            ),
            ("/machine/web.libvirt-qemu/emulator", "slice=-.slice subgroup=emulator container=libvirt:web(web)"),
        ])
    func bareContainers(_ path: String, _ expected: String) { check(path, "container " + expected) }

    @Test(
        "What looks like a container and is none",
        arguments: [
            ("/machine.slice/libpod-conmon-\(id).scope", "scope slice=machine.slice unit=libpod-conmon-\(id).scope"),
            ("/system.slice/crio-conmon-\(id).scope", "scope slice=system.slice unit=crio-conmon-\(id).scope"),
            ("/system.slice/web.service/runtime", "service slice=system.slice unit=web.service subgroup=runtime"),
            ("/system.slice/docker.service", "service slice=system.slice unit=docker.service"),
            ("/system.slice/docker-proxy.scope", "scope slice=system.slice unit=docker-proxy.scope"),
            ("/system.slice/docker-\(id)0.scope", "scope slice=system.slice unit=docker-\(id)0.scope"),
            ("/docker", "cgroup slice=-.slice"),
            ("/docker/buildx", "cgroup slice=-.slice"),
            ("/default/ct1", "cgroup slice=-.slice"),
            ("/\(id)", "cgroup slice=-.slice"),
            ("/a/b/\(id)", "cgroup slice=-.slice"),
            ("/libpod_parent/\(id)", "pod slice=-.slice pod=\(id)/-"),
            (
                "/machine.slice/machine-libpod_pod_\(id).slice",
                "pod slice=machine-libpod_pod_\(id).slice pod=\(id)/-"
            ),
            ("/podcast/\(id.prefix(40))", "cgroup slice=-.slice"),
            ("/system.slice/docker-\(build)0.scope", "scope slice=system.slice unit=docker-\(build)0.scope"),
            ("/buildkit", "cgroup slice=-.slice"),
            ("/garden/web", "cgroup slice=-.slice"),
            ("/lxc.monitor.web", "cgroup slice=-.slice"),
            ("/lxc", "cgroup slice=-.slice"),
            ("/lxc.payload.", "cgroup slice=-.slice"),
            (
                "/machine.slice/machine-deb.scope/supervisor",
                "scope slice=machine.slice unit=machine-deb.scope subgroup=supervisor"
            ),
            (
                "/machine.slice/systemd-nspawn@deb.service/supervisor",
                "service slice=machine.slice unit=systemd-nspawn@deb.service subgroup=supervisor "
                    + "template=systemd-nspawn@.service instance=deb"
            ),
        ])
    func lookalikes(_ path: String, _ expected: String) { check(path, expected) }

    @Test(
        "Kubernetes under both drivers",
        arguments: [
            ("/kubepods/pod\(pod)/\(id)", "container slice=-.slice container=containerd:\(id) pod=\(pod)/guaranteed"),
            (
                "/kubepods/burstable/pod\(pod)/\(id)",
                "container slice=-.slice container=containerd:\(id) pod=\(pod)/burstable"
            ),
            (
                "/kubelet/kubepods/besteffort/pod\(pod)/crio-\(id)/sub",
                "container slice=-.slice subgroup=sub container=cri-o:\(id) pod=\(pod)/besteffort"
            ),
            ("/kubepods/burstable/pod\(pod)", "pod slice=-.slice pod=\(pod)/burstable"),
            ("/kubepods/burstable/pod\(id.prefix(32))", "pod slice=-.slice pod=\(id.prefix(32))/burstable"),
            (
                "/kubepods/burstable/pod\(pod)/crio-conmon-\(id)",
                "pod slice=-.slice subgroup=crio-conmon-\(id) pod=\(pod)/burstable"
            ),
            ("/kubepods/burstable", "cgroup slice=-.slice"),
            ("/kubepods/burstable/podcast", "cgroup slice=-.slice"),
            (
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(pod_).slice",
                "pod slice=kubepods-burstable-pod\(pod_).slice pod=\(pod)/burstable"
            ),
            (
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(pod_).slice/"
                    + "cri-containerd-\(id).scope",
                "container slice=kubepods-burstable-pod\(pod_).slice unit=cri-containerd-\(id).scope "
                    + "container=containerd:\(id) pod=\(pod)/burstable"
            ),
            (
                "/kubepods.slice/kubepods-pod\(pod_).slice/crio-\(id).scope",
                "container slice=kubepods-pod\(pod_).slice unit=crio-\(id).scope "
                    + "container=cri-o:\(id) pod=\(pod)/guaranteed"
            ),
            (
                "/kubepods.slice/kubepods-pod\(pod_).slice/crio-conmon-\(id).scope",
                "scope slice=kubepods-pod\(pod_).slice unit=crio-conmon-\(id).scope pod=\(pod)/guaranteed"
            ),
            (
                "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort-pod\(pod_).slice/docker-\(id).scope",
                "container slice=kubelet-kubepods-besteffort-pod\(pod_).slice unit=docker-\(id).scope "
                    + "container=docker:\(id) pod=\(pod)/besteffort"
            ),
            (
                "/system.slice/docker-\(node).scope/kubelet.slice/kubelet-kubepods.slice/"
                    + "kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod\(pod_).slice/"
                    + "cri-containerd-\(id).scope",
                "container slice=system.slice unit=docker-\(node).scope "
                    + "subgroup=kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
                    + "kubelet-kubepods-burstable-pod\(pod_).slice/cri-containerd-\(id).scope "
                    + "container=containerd:\(id) pod=\(pod)/burstable"
            ),
            (
                "/kubepods/burstable/pod\(pod)/kata_\(id)",
                "container slice=-.slice container=?:\(id) pod=\(pod)/burstable"
            ),
            (
                "/docker/\(node)/k3s/kubepods/besteffort/pod\(pod)/\(id)",
                "container slice=-.slice container=containerd:\(id) pod=\(pod)/besteffort"
            ),
            (
                "/docker/\(node)/kubepods.slice/kubepods-pod\(pod_).slice/docker-\(id).scope",
                "container slice=-.slice container=docker:\(id) pod=\(pod)/guaranteed"
            ),
            (
                "/system.slice/containerd.service/kubepods-burstable-pod\(pod_).slice:cri-containerd:\(id)",
                "container slice=system.slice unit=containerd.service "
                    + "subgroup=kubepods-burstable-pod\(pod_).slice:cri-containerd:\(id) "
                    + "container=containerd:\(id) pod=\(pod)/burstable"
            ),
        ])
    func kubernetes(_ path: String, _ expected: String) { check(path, expected) }
}
