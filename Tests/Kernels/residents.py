# SPDX-License-Identifier: Apache-2.0
"""The containers and units of a guest with a systemd: how each is started, and what its row must say."""

import dataclasses
import hashlib
import json

from bundle import configuration

WORK = "--only syscalls,names,uring --uring plain --repeat 3"
IMAGE = "localhost/ot-test:1"
# Where containerd and CRI-O keep what they know of a container: its OCI bundle, with annotations.
CONTAINERD = "/run/containerd/io.containerd.runtime.v2.task/k8s.io"
CRIO = "/var/lib/containers/storage/overlay-containers"
UNITS = "/etc/systemd/system"


@dataclasses.dataclass(frozen=True)
class Resident:
    """In the texts, {id} stands for what the runtime calls the container, {pod} for what podman calls the pod."""

    name: str  # its workload's handover has it, too
    start: str  # a line for bash; what it prints last is the id
    path: str  # of its cgroup
    row: dict  # identity; a member that is not here must be null
    files: dict = dataclasses.field(default_factory=dict)  # text by path, with which it finds its machine


def workload(name):
    return f"/bin/workload --here --handover /exchange/{name} --dir /tmp {WORK}"


def container(runtime, name, image, container_id="{id}"):
    return {"id": container_id, "runtime": runtime, "name": name, "image": image, "unit": None, "slice": None}


@dataclasses.dataclass(frozen=True)
class Pod:
    """As a kubelet with the systemd driver has it made: runc or crun is called as containerd or CRI-O would call it."""

    name: str
    uid: str
    qos: str

    @property
    def slice(self):
        prefix = "kubepods" if self.qos == "guaranteed" else f"kubepods-{self.qos}"
        return f"{prefix}-pod{self.uid.replace('-', '_')}.slice"

    @property
    def path(self):
        above = "" if self.qos == "guaranteed" else f"/kubepods-{self.qos}.slice"
        return f"/kubepods.slice{above}/{self.slice}"

    def resident(self, name, runtime="runc", manager="containerd"):
        container_id = hashlib.sha256(name.encode()).hexdigest()
        image = f"registry.example/shop/{name}:1.2"
        if manager == "containerd":
            prefix, bundle = "cri-containerd", f"{CONTAINERD}/{container_id}"
        else:
            prefix, bundle = "crio", f"{CRIO}/{container_id}/userdata"
        scope = f"{prefix}-{container_id}.scope"
        # crun keeps the scope itself for who watches over the container.
        subgroup = "container" if runtime == "crun" else None
        row = {
            "unit": scope, "unit_series": f"{prefix}-*.scope", "kind": "container", "slice": self.slice, "subgroup": subgroup,
            "container": container(manager, name, image, container_id),
            "pod": {"uid": self.uid, "name": self.name, "namespace": "shop", "qos": self.qos},
        }  # fmt: skip
        annotations = self.annotations(manager, container_id, name, image)
        config = configuration(workload(name).split(" "), f"{self.slice}:{prefix}:{container_id}", annotations)
        return Resident(
            name,
            f"{runtime} --systemd-cgroup run --detach --bundle {bundle} {container_id}",
            "/".join(filter(None, (self.path, scope, subgroup))),
            row,
            {f"{bundle}/config.json": json.dumps(config)},
        )

    def annotations(self, manager, container_id, name, image):
        if manager == "containerd":
            return {
                "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.container-name": name,
                "io.kubernetes.cri.image-name": image, "io.kubernetes.cri.sandbox-name": self.name,
                "io.kubernetes.cri.sandbox-namespace": "shop", "io.kubernetes.cri.sandbox-uid": self.uid,
            }  # fmt: skip
        return {
            "io.container.manager": "cri-o", "io.kubernetes.cri-o.ContainerID": container_id,
            "io.kubernetes.container.name": name, "io.kubernetes.cri-o.ImageName": image,
            "io.kubernetes.pod.name": self.name, "io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.uid": self.uid,
        }  # fmt: skip


def units():
    scope = f"systemd-run --quiet --scope --unit=busy --slice=jobs-night.slice {workload('scope')} >/dev/null 2>&1 &"
    instance = r"inst@a\x2db.service"

    def row(unit, kind="service", slice="system.slice", **more):
        return {"unit": unit, "unit_series": unit, "kind": kind, "slice": slice} | more

    return [
        Resident(
            "service", "systemctl start plain.service", "/system.slice/plain.service", row("plain.service"),
            {f"{UNITS}/plain.service": f"[Service]\nExecStart={workload('service')}\n"},
        ),
        Resident(
            "scope", scope, "/jobs.slice/jobs-night.slice/busy.scope", row("busy.scope", "scope", "jobs-night.slice"),
        ),
        Resident(
            "instance", f"systemctl start '{instance}'", f"/system.slice/system-inst.slice/{instance}",
            row(instance, slice="system-inst.slice", template="inst@.service", instance=r"a\x2db"),
            {f"{UNITS}/inst@.service": f"[Service]\nExecStart={workload('instance')}\n"},
        ),
    ]  # fmt: skip


def podmans():
    """Alone, in a pod, and as the service of a unit, as Quadlet writes one."""

    def row(name, **more):
        scope = {"unit": "libpod-{id}.scope", "unit_series": "libpod-*.scope", "slice": "machine.slice"}
        return scope | {"kind": "container", "container": container("podman", name, IMAGE)} | more

    pod_slice = "machine-libpod_pod_{pod}.slice"
    pod = {"uid": "{pod}", "name": None, "namespace": None, "qos": None}
    unit = "[Service]\nType=notify\nNotifyAccess=all\nDelegate=yes\n"
    unit += "ExecStart=/guest/podman run web --cgroups=split --sdnotify=conmon --cidfile=/run/web.id\n"
    return [
        Resident("alone", "/guest/podman run alone", "/machine.slice/libpod-{id}.scope", row("alone")),
        Resident(
            "member", "RUNTIME=crun /guest/podman run member --pod=shop --privileged",
            f"/machine.slice/{pod_slice}/libpod-{{id}}.scope/container",
            row("member", slice=pod_slice, subgroup="container", pod=pod),
        ),
        Resident(
            "web", "systemctl start web.service && cat /run/web.id", "/system.slice/web.service/libpod-payload-{id}",
            row("web", unit="web.service", unit_series="web.service", slice="system.slice", subgroup="libpod-payload-{id}"),
            {f"{UNITS}/web.service": unit},
        ),
    ]  # fmt: skip


def residents():
    """All of them, of each sort some in the first half: those are there before the agent is."""
    shop = Pod("web-0", "0b1c2d3e-1111-2222-3333-444455556666", "burstable")
    batch = Pod("batch-x7k2p", "7d9e8f10-aaaa-4bbb-8ccc-0123456789ab", "besteffort")
    store = Pod("store-0", "c0ffee00-0000-4000-8000-00000000cafe", "guaranteed")
    service, scope, instance = units()
    alone, member, web = podmans()
    early = [shop.resident("app"), batch.resident("job", runtime="crun"), service, scope, alone]
    late = [shop.resident("sidecar"), store.resident("database", manager="cri-o"), instance, member, web]
    return early + late
