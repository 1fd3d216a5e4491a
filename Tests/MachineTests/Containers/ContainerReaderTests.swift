import Foundation
import Model
import Testing

@testable import Machine

/// The files are as docker 20.10, podman 4.3 and containerd 1.6 wrote them, shortened; CRI-O's as its users show them.
@Suite struct ContainerReaderTests {
    private let tree: StateTree

    init() throws { tree = try StateTree() }

    private let docker = """
        {"StreamConfig":{},"State":{"Running":true},"ID":"\(anID)","Managed":false,
        "Config":{"Hostname":"h","Image":"nginx:1.25","Labels":{"io.test":"1"}},"Image":"sha256:78e5","Name":"/web"}
        """

    private func containersJSON(_ id: String, name: String, image: String) -> String {
        let metadata = #"{\"image-name\":\"\#(image)\",\"image-id\":\"ae9c\",\"name\":\"\#(name)\",\"created-at\":1}"#
        return """
            [{"id":"\(anotherID)","names":["other"],"image":"ae9c","metadata":"{}","flags":{"Volatile":true}},
            {"id":"\(id)","names":["\(name)"],"image":"ae9c","layer":"b3c9","metadata":"\(metadata)"}]
            """
    }

    private func bundle(_ annotations: String, _ cgroupsPath: String) -> String {
        """
        {"ociVersion":"1.0.2","process":{"args":["sleep","300"]},"annotations":{\(annotations)},
        "linux":{"cgroupsPath":"\(cgroupsPath)"}}
        """
    }

    private var criAnnotations: String {
        """
        "io.kubernetes.cri.container-name":"app","io.kubernetes.cri.container-type":"container",
        "io.kubernetes.cri.image-name":"docker.io/library/bb:1","io.kubernetes.cri.sandbox-id":"7f89",
        "io.kubernetes.cri.sandbox-name":"web-7d4b9","io.kubernetes.cri.sandbox-namespace":"shop",
        "io.kubernetes.cri.sandbox-uid":"\(aPod)"
        """
    }

    private let tasks = "/io.containerd.runtime.v2.task"

    @Test func `docker's containers have the name and image of config.v2.json`() throws {
        try tree.write("/var/lib/docker/containers/\(anID)/config.v2.json", docker)
        #expect(tree.told("/docker/\(anID)") == "container docker web nginx:1.25 -")
        #expect(tree.told("/system.slice/docker-\(anID).scope/x") == "container docker web nginx:1.25 -")
        #expect(tree.told("/docker/\(anotherID)") == "container docker - - -")
    }

    @Test func `docker's data root may be elsewhere`() throws {
        try tree.write("/etc/docker/daemon.json", #"{"data-root": "/srv/docker"}"#)
        try tree.write("/srv/docker/containers/\(anID)/config.v2.json", docker)
        #expect(tree.told("/docker/\(anID)") == "container docker web nginx:1.25 -")
        try tree.write("/mine/containers/\(anotherID)/config.v2.json", docker.replacing(anID, with: anotherID))
        #expect(tree.told("/docker/\(anotherID)") == "container docker - - -")
        #expect(tree.told("/docker/\(anotherID)", ["/mine"]) == "container docker web nginx:1.25 -")
    }

    @Test func `a container of a runtime that the path does not tell is docker's when docker knows it`() throws {
        try tree.write("/var/lib/docker/containers/\(anID)/config.v2.json", docker)
        #expect(tree.told("/p/\(anID)") == "container docker web nginx:1.25 -")
        #expect(tree.told("/a/b/\(anID)/c") == "container docker web nginx:1.25 -")
        #expect(tree.told("/p/\(anotherID)") == "container ? - - -")
        #expect(tree.told("/a/b/\(anotherID)") == "cgroup - - - -")
        #expect(tree.told("/x.slice/web.service/\(anID)") == "container docker web nginx:1.25 -")
    }

    @Test func `docker under the kubelet tells the container, the pod and its namespace`() throws {
        let labels = """
            "io.kubernetes.container.name":"app","io.kubernetes.pod.name":"web-0",\
            "io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"\(aPod)"
            """
        try tree.write(
            "/var/lib/docker/containers/\(anID)/config.v2.json", docker.replacing(#""io.test":"1""#, with: labels))
        let cgroup = "/kubepods/burstable/pod\(aPod)/\(anID)"
        #expect(tree.told(cgroup) == "container docker app nginx:1.25 shop/web-0")
    }

    @Test(arguments: ["containers.json", "volatile-containers.json"])
    func `podman's containers are in its storage, those of --rm too`(list: String) throws {
        try tree.write(
            "/var/lib/containers/storage/overlay-containers/\(list)",
            containersJSON(anID, name: "c3", image: "localhost/bb:1"))
        #expect(tree.told("/machine.slice/libpod-\(anID).scope/container") == "container podman c3 localhost/bb:1 -")
        #expect(tree.told("/machine.slice/libpod-\(anotherID).scope") == "container podman other - -")
        #expect(tree.told("/web.slice/w.service/libpod-payload-\(anID)") == "container podman c3 localhost/bb:1 -")
    }

    @Test func `podman's storage may be elsewhere, and is read again when it has changed`() throws {
        try tree.write(
            "/etc/containers/storage.conf",
            "[storage]\ndriver = \"vfs\"\n  graphroot = \"/data/st\" # ours\n[x]\ngraphroot = \"/y\"")
        try tree.write("/data/st/vfs-containers/containers.json", containersJSON(anID, name: "a", image: "i:1"))
        var reader = tree.reader()
        let question = ContainerQuestion(.container(id: ByteString(anID), runtime: "podman"))
        #expect(reader.answer(question) == .known(ContainerDetails(runtime: "podman", name: "a", image: "i:1")))
        try tree.write("/data/st/vfs-containers/containers.json", containersJSON(anID, name: "renamed", image: "i:1"))
        #expect(reader.answer(question) == .known(ContainerDetails(runtime: "podman", name: "renamed", image: "i:1")))
    }

    @Test func `a user's podman is asked in that user's home, and nobody else is believed there`() throws {
        let cgroup = "/user.slice/user-\(uid).slice/user@\(uid).service/user.slice/libpod-\(anID).scope"
        try tree.write("/etc/passwd", "nobody:x:65534:1::/no:/bin/sh\nbob:x:\(getuid()):100::/home/bob:/bin/sh\n")
        try tree.write(
            "/var/lib/containers/storage/overlay-containers/containers.json",
            containersJSON(anID, name: "root's", image: "r"))
        #expect(tree.told(cgroup) == "container podman - - -")
        try tree.write(
            "/home/bob/.local/share/containers/storage/overlay-containers/containers.json",
            containersJSON(anID, name: "mine", image: "m"))
        #expect(tree.told(cgroup) == "container podman mine m -")
    }

    @Test func `a file in a user's home that is another user's is refused`() throws {
        let other = getuid() + 1
        let cgroup = "/user.slice/user-\(other).slice/user@\(other).service/libpod-\(anID).scope"
        try tree.write("/etc/passwd", "bob:x:\(other):100::/home/bob:/bin/sh\n")
        try tree.write(
            "/home/bob/.local/share/containers/storage/overlay-containers/containers.json",
            containersJSON(anID, name: "lie", image: "m"))
        #expect(tree.told(cgroup) == "failed")
    }

    private var uid: UInt32 { getuid() }

    @Test(arguments: ["/run/containerd", "/run/k3s/containerd"])
    func `containerd tells what the kubelet told it`(state: String) throws {
        let cgroup = "/kubepods/burstable/pod\(aPod)/\(anID)"
        try tree.write("\(state)\(tasks)/k8s.io/\(anID)/config.json", bundle(criAnnotations, cgroup))
        #expect(tree.told(cgroup) == "container containerd app docker.io/library/bb:1 shop/web-7d4b9")
        let slice = "kubepods-burstable-pod\(aPod.replacing("-", with: "_")).slice"
        try tree.write(
            "\(state)\(tasks)/k8s.io/\(anID)/config.json", bundle(criAnnotations, "\(slice):cri-containerd:\(anID)"))
        #expect(
            tree.told("/kubepods.slice/\(slice)/cri-containerd-\(anID).scope")
                == "container containerd app docker.io/library/bb:1 shop/web-7d4b9")
    }

    @Test func `a container that says it is in another pod is not believed`() throws {
        let other = aPod.replacing("0b1c", with: "ffff")
        let cgroup = "/kubepods/burstable/pod\(other)/\(anID)"
        try tree.write("/run/containerd\(tasks)/k8s.io/\(anID)/config.json", bundle(criAnnotations, cgroup))
        #expect(tree.told(cgroup) == "failed")
    }

    @Test func `a container of ctr is told by the place it was configured for`() throws {
        try tree.write("/run/containerd\(tasks)/default/ct1/config.json", bundle("", "/default/ct1"))
        #expect(tree.told("/default/ct1") == "container containerd ct1 - -")
        #expect(tree.told("/default/ct1/below") == "container containerd ct1 - -")
        #expect(tree.told("/default/ct2") == "cgroup - - - -")
        try tree.write("/run/containerd\(tasks)/default/ct2/config.json", bundle("", "/elsewhere"))
        #expect(tree.told("/default/ct2") == "cgroup - - - -")
        try tree.write("/run/containerd\(tasks)/default/ct3/config.json", bundle("", "system.slice:ctr:ct3"))
        #expect(tree.told("/system.slice/ctr-ct3.scope") == "container containerd ct3 - -")
        // The same name in two namespaces.
        try tree.write(
            "/run/containerd\(tasks)/aaa/ct3/config.json", bundle(#""nerdctl/name":"other""#, "system.slice:ctr:x"))
        #expect(tree.told("/system.slice/ctr-ct3.scope") == "container containerd ct3 - -")
    }

    @Test func `nerdctl's names are annotations, and containerd's state may be elsewhere`() throws {
        try tree.write("/etc/containerd/config.toml", "version = 2\nstate = '/run/mine'\n[grpc]\nstate = \"/no\"\n")
        try tree.write(
            "/run/mine\(tasks)/default/\(anID)/config.json", bundle(#""nerdctl/name":"web""#, "/default/\(anID)"))
        #expect(tree.told("/default/\(anID)") == "container containerd web - -")
    }

    @Test(arguments: ["/k8s.io/\(anotherID)", "system.slice:cri-containerd:\(anotherID)", "/k8s.io/x"])
    func `a bundle whose cgroup is that of another container is refused`(cgroupsPath: String) throws {
        try tree.write("/run/mine\(tasks)/k8s.io/\(anID)/config.json", bundle(criAnnotations, cgroupsPath))
        #expect(tree.told("/k8s.io/\(anID)", ["/run/mine"]) == "failed")
        // The right one is found wherever it is.
        try tree.write("/run/mine\(tasks)/zzz/\(anID)/config.json", bundle(criAnnotations, "/k8s.io/\(anID)"))
        let told = tree.told("/k8s.io/\(anID)", ["/run/mine"])
        #expect(told == "container containerd app docker.io/library/bb:1 -")
    }

    @Test(arguments: [
        ("container-name", "app", "\\u001b[1mapp"), ("container-name", "app", "a.b"), ("container-name", "app", "App"),
        ("sandbox-name", "web-7d4b9", "web\\nx"), ("sandbox-name", "web-7d4b9", "w\u{e9}b"),
        ("sandbox-namespace", "shop", "shop_1"), ("sandbox-namespace", "shop", String(repeating: "s", count: 254)),
    ])
    func `a name that Kubernetes does not allow is refused`(key: String, name: String, other: String) throws {
        let annotations = criAnnotations.replacing("cri.\(key)\":\"\(name)\"", with: "cri.\(key)\":\"\(other)\"")
        let path = "/run/containerd\(tasks)/k8s.io/\(anID)/config.json"
        try tree.write(path, bundle(annotations, "/k8s.io/\(anID)"))
        #expect(annotations != criAnnotations)
        #expect(tree.told("/k8s.io/\(anID)") == "failed")
        try tree.write(path, bundle(criAnnotations, "/k8s.io/\(anID)"))
        #expect(tree.told("/k8s.io/\(anID)") == "container containerd app docker.io/library/bb:1 -")
    }

    @Test(
        arguments: [[0x77, 0xff, 0x62], Array("w\u{1b}[1m".utf8), Array("Web".utf8), Array("w\u{e9}b".utf8)]
            as [[UInt8]])
    func `a folder of a pod with a name that Kubernetes does not allow is refused`(name: [UInt8]) throws {
        try tree.makeDirectory("/var/log/pods")
        let path = ByteString(Array(tree.path("/var/log/pods/shop_").utf8) + name + Array("_\(aPod)".utf8))
        try #require(path.withCString { mkdir($0, 0o755) } == 0)
        #expect(tree.told("/kubepods/burstable/pod\(aPod)") == "failed")
        try #require(path.withCString { rmdir($0) } == 0)
        try tree.makeDirectory("/var/log/pods/shop_web-0_\(aPod)")
        #expect(tree.told("/kubepods/burstable/pod\(aPod)") == "pod - - - shop/web-0")
    }

    @Test func `a name that nerdctl never gives is refused`() throws {
        let path = "/run/containerd\(tasks)/default/\(anID)/config.json"
        try tree.write(path, bundle(#""nerdctl/name":"we\u0007b""#, "/default/\(anID)"))
        #expect(tree.told("/default/\(anID)") == "failed")
        try tree.write(path, bundle(#""nerdctl/name":"We_b.1-x""#, "/default/\(anID)"))
        #expect(tree.told("/default/\(anID)") == "container containerd We_b.1-x - -")
    }

    @Test func `CRI-O tells in the annotations of its containers`() throws {
        let annotations = """
            "io.container.manager":"cri-o","io.kubernetes.container.name":"coredns",
            "io.kubernetes.cri-o.ContainerID":"\(anID)","io.kubernetes.cri-o.Image":"a4ca41631cc7",
            "io.kubernetes.cri-o.ImageName":"registry.k8s.io/coredns:v1.11","io.kubernetes.pod.name":"coredns-6d4",
            "io.kubernetes.pod.namespace":"kube-system","io.kubernetes.pod.uid":"\(aPod)"
            """
        let slice = "kubepods-burstable-pod\(aPod.replacing("-", with: "_")).slice"
        let path = "/run/containers/storage/overlay-containers/\(anID)/userdata/config.json"
        try tree.write(path, bundle(annotations, "\(slice):crio:\(anID)"))
        let cgroup = "/kubepods.slice/\(slice)/crio-\(anID).scope/container"
        #expect(tree.told(cgroup) == "container cri-o coredns registry.k8s.io/coredns:v1.11 kube-system/coredns-6d4")
        try tree.write(path, bundle(annotations.replacing(anID, with: anotherID), ""))
        #expect(tree.told(cgroup) == "failed")
    }

    @Test func `the kubelet's logs tell the pod where the runtime says nothing`() throws {
        try tree.makeDirectory("/var/log/pods/shop_web-0_\(aPod)/app")
        try tree.makeDirectory("/var/log/pods/x_y_z_\(aPod)")
        #expect(tree.told("/kubepods/pod\(aPod)") == "pod - - - shop/web-0")
        #expect(tree.told("/kubepods/pod\(aPod)/\(anID)") == "container containerd - - shop/web-0")
        #expect(tree.told("/kubepods/pod\(aPod.replacing("0b", with: "1b"))") == "pod - - - -/-")
        let users = "/user.slice/user-5.slice/user@5.service/kubepods-pod\(aPod.replacing("-", with: "_")).slice"
        #expect(tree.told(users) == "pod - - - -/-")
    }

    @Test func `machines are of whoever registered them`() throws {
        func machine(_ name: String, _ service: String) throws {
            try tree.write("/run/systemd/machines/\(name)", "# made\nNAME=\(name)\nSERVICE=\(service)\nCLASS=vm\n")
        }
        try machine("deb", "systemd-nspawn")
        try machine("vm", "systemd-vmspawn")
        #expect(tree.told("/machine.slice/machine-deb.scope") == "container nspawn deb - -")
        #expect(tree.told("/machine.slice/machine-vm.scope") == "container vmspawn vm - -")
        #expect(tree.told("/machine.slice/machine-new.scope") == "container nspawn new - -")
        try tree.write("/run/systemd/machines/lie", "NAME=deb\nSERVICE=systemd-vmspawn\n")
        #expect(tree.told("/machine.slice/machine-lie.scope") == "failed")
    }

    @Test func `plain runc and crun are told by their state`() throws {
        try tree.write(
            "/run/runc/c1/state.json", #"{"id":"c1","cgroup_paths":{"":"/sys/fs/cgroup/unified/c1","cpu":"/x"}}"#)
        try tree.write("/run/crun/c2/status", #"{"pid":21991,"cgroup-path":"/c2","scope":""}"#)
        #expect(tree.told("/c1") == "container runc c1 - -")
        #expect(tree.told("/c2/sub") == "container crun c2 - -")
        try tree.write("/srv/runc/c3/state.json", #"{"id":"c3","cgroup_paths":{"":"/sys/fs/cgroup/c3"}}"#)
        try tree.write("/srv/crun/c4/status", #"{"cgroup-path":"/c4"}"#)
        #expect(tree.told("/c3") == "cgroup - - - -")
        #expect(tree.told("/c3", ["/srv/crun", "/srv/runc"]) == "container runc c3 - -")
        #expect(tree.told("/c4", ["/srv/crun", "/srv/runc"]) == "container crun c4 - -")
        #expect(tree.told("/c3") == "cgroup - - - -")
        try tree.write("/run/runc/web/state.json", #"{"id":"web","cgroup_paths":{"":"/sys/fs/cgroup/apps/web"}}"#)
        #expect(tree.told("/web") == "cgroup - - - -")
        #expect(tree.told("/work.slice/user@5.service/runc-c1.scope") == "container runc c1 - -")
        let cgroup: ByteString = "/work.slice/user@5.service/docker-0123456789ab.scope"
        #expect(ContainerQuestion(UnitIdentity(cgroupPath: cgroup), path: cgroup) == nil)
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{\"ID\":5}", "{\"Name\":\"/web\"}", "{\"ID\":\"\(anID)\",\"Config\":[1]}", "\u{0}\u{1}",
    ])
    func `a state file that is garbled is a failure and no name`(text: String) throws {
        try tree.write("/var/lib/docker/containers/\(anID)/config.v2.json", text)
        #expect(tree.told("/docker/\(anID)") == "failed")
        // An empty list is how podman's begins.
        if text.isEmpty || text == "[]" { return }
        try tree.write("/run/containers/storage/vfs-containers/containers.json", text)
        #expect(tree.told("/libpod_parent/libpod-\(anID)") == "failed")
    }

    @Test func `docker's file about another container is a failure and no name`() throws {
        try tree.write("/var/lib/docker/containers/\(anotherID)/config.v2.json", docker)
        #expect(tree.told("/docker/\(anotherID)") == "failed")
    }

    @Test func `what is no plain file is neither followed nor waited for`() throws {
        let folder = "/var/lib/docker/containers/\(anID)"
        try tree.makeDirectory(folder)
        let path = tree.path(folder + "/config.v2.json")
        #expect(mkfifo(path, 0o600) == 0)
        #expect(tree.told("/docker/\(anID)") == "failed")
        unlink(path)
        try tree.write("/elsewhere", docker)
        #expect(symlink(tree.path("/elsewhere"), path) == 0)
        #expect(tree.told("/docker/\(anID)") == "failed")
        unlink(path)
        try tree.makeDirectory(folder + "/config.v2.json")
        #expect(tree.told("/docker/\(anID)") == "failed")
    }

    @Test func `a file that is too large, or nested too deeply, is a failure`() throws {
        let path = "/var/lib/docker/containers/\(anID)/config.v2.json"
        try tree.write(path, docker + String(repeating: " ", count: StateFile.small))
        #expect(tree.told("/docker/\(anID)") == "failed")
        try tree.write(path, String(repeating: "[", count: 1_000_000))
        #expect(tree.told("/docker/\(anID)") == "failed")
    }

    @Test func `names that would lead elsewhere are not looked up`() throws {
        try tree.write("/run/systemd/secret", "NAME=../secret\nSERVICE=systemd-nspawn\n")
        #expect(tree.told(#"/machine.slice/machine-..\x2fsecret.scope"#) == "container nspawn ../secret - -")
        #expect(ByteString("..").asFileName == nil)
        #expect(ByteString("a/b").asFileName == nil)
        #expect(ByteString([0xFF]).asFileName == nil)
        #expect(ByteString("a..b").asFileName == "a..b")
    }

    @Test func `what a container calls its cgroups is not taken for this host's containers and pods`() throws {
        try tree.write("/var/lib/docker/containers/\(anID)/config.v2.json", docker)
        try tree.makeDirectory("/var/log/pods/shop_web-0_\(aPod)")
        let inner = "/lxc.payload.a"
        #expect(tree.told("\(inner)/system.slice/docker-\(anID).scope") == "container docker - - -")
        #expect(tree.told("\(inner)/kubepods/pod\(aPod)/\(anID)") == "container containerd - - -/-")
        #expect(tree.told("\(inner)/kubepods/pod\(aPod)") == "container lxc a - -/-")
        #expect(tree.told("/docker/\(anID)/kubepods/pod\(aPod)") == "container docker web nginx:1.25 -/-")
        #expect(tree.told("/docker/\(anotherID)/docker/\(anID)") == "container docker - - -")
    }

    @Test func `nothing is asked about what no runtime could tell more of`() {
        for path in [
            "/", "/system.slice", "/system.slice/x.service", "/lxc.payload.a", "/buildkit/k3z9q0w8e7r6t5y4u3i2o1p0a",
            "/machine.slice/machine-libpod_pod_\(anID).slice",
        ] {
            let path = ByteString(path)
            #expect(ContainerQuestion(UnitIdentity(cgroupPath: path), path: path) == nil, "\(path)")
        }
    }
}
