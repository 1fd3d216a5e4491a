import Foundation
import Model
import Testing

@testable import Machine

/// A folder stands for the tree of cgroups; giving folders away needs root.
@Suite(.enabled(if: getuid() == 0, "only root can give folders away")) struct CgroupMakerTests {
    private let tree: StateTree
    private let user: UInt32 = 54_321
    private let docker = "docker-\(anID).scope"

    init() throws { tree = try StateTree() }

    /// Folders from the outermost, each with its owner.
    private func make(_ path: String, _ owners: [UInt32]) throws {
        var folder = ""
        for (name, owner) in zip(path.split(separator: "/"), owners) {
            folder += "/\(name)"
            try tree.makeDirectory(folder)
            try #require(chown(tree.path(folder), owner, 0) == 0)
        }
    }

    private func maker(_ path: String) -> CgroupMaker {
        CgroupMakers(mount: ByteString(tree.root)).maker(of: ByteString(path))
    }

    /// What is asked about the cgroup at `path`, as the agent would.
    private func asked(_ path: String) -> ContainerQuestion? {
        let makers = CgroupMakers(mount: ByteString(tree.root))
        var names = CgroupNames(startsAtRealRoot: true, asksAboutContainers: true)
        names.found(CgroupID(7), path: ByteString(path))
        return names.takeQuestions(madeBy: makers.maker).first?.1
    }

    @Test func `a cgroup is of whoever could make it, also when root gave it away`() throws {
        try make("/system.slice/a.service/x", [0, user, user])
        #expect(maker("/system.slice") == .superuser)
        #expect(maker("/system.slice/a.service") == .superuser)
        #expect(maker("/system.slice/a.service/x") == .user(user))
        #expect(maker("/system.slice/gone.service") == .superuser, "nobody else could")
        #expect(maker("/system.slice/a.service/gone") == .unknown)
        #expect(maker("/system.slice/gone.service/x") == .unknown)
        try make("/system.slice/a.service/roots", [0, user, 0])
        #expect(maker("/system.slice/a.service/roots") == .superuser)
        chmod(tree.path("/system.slice"), 0o777)
        #expect(maker("/system.slice/a.service") == .user(user))
    }

    @Test func `a container that a unit's user has made is asked for in that user's files alone`() throws {
        let path = "/system.slice/a.service/\(docker)"
        try make(path, [0, user, user])
        let question = try #require(asked(path))
        #expect(question == ContainerQuestion(.container(id: ByteString(anID), runtime: "docker"), owner: user))
        // In root's files there would be something to find.
        let config = #"{"ID":"\#(anID)","Name":"/web","Config":{"Image":"nginx"}}"#
        try tree.write("/var/lib/docker/containers/\(anID)/config.v2.json", config)
        var reader = tree.reader()
        #expect(reader.answer(question) == .unknown)
        try make("/system.slice/\(docker)", [0, user])
        let roots = try #require(asked("/system.slice/\(docker)"))
        #expect(reader.answer(roots) == .known(ContainerDetails(runtime: "docker", name: "web", image: "nginx")))
    }

    @Test func `a pod that a unit's user has made has no name`() throws {
        let pod = "/system.slice/a.service/kubepods/pod\(aPod)"
        try make(pod + "/\(anID)", [0, user, user, user, user])
        #expect(asked(pod) == nil)
        #expect(asked(pod + "/\(anID)")?.podUID == nil)
        #expect(asked(pod + "/\(anID)")?.owner == user)
        try make("/kubepods/pod\(aPod)/\(anID)", [0, 0, 0])
        #expect(asked("/kubepods/pod\(aPod)")?.podUID == ByteString(aPod))
    }

    @Test func `directories that may be a container's are asked for as far as root made them`() throws {
        try make("/c1/sub", [user, user])
        #expect(asked("/c1/sub")?.subject == .place(["c1"]))
        try make("/default/ct1", [0, user])
        #expect(asked("/default/ct1")?.subject == .place(["default", "ct1"]))
        try make("/system.slice/a.service/mine/\(anID)", [0, user, user, user])
        #expect(asked("/system.slice/a.service/mine/\(anID)")?.owner == user)
        #expect(asked("/nowhere/at/all")?.subject == .place(["nowhere"]), "only root makes cgroups at the top")
    }

    @Test func `below a user's own systemd that user's files are asked, whoever made it`() throws {
        let path = "/user.slice/user-\(user).slice/user@\(user).service/user.slice/libpod-\(anID).scope"
        try make(path, [0, 0, user, user, user])
        #expect(asked(path)?.owner == user)
        #expect(asked(path.replacing("libpod-\(anID)", with: "libpod-\(anotherID)"))?.owner == user)
    }
}
