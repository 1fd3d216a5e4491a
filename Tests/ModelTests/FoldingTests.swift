import Testing

@testable import Model

@Suite("Names of transient units are folded")
struct FoldingTests {
    @Test(
        "What systemd made up becomes a star, and nothing else",
        arguments: [
            ("run-r0123456789abcdef0123456789abcdef.scope", "run-r*.scope"),
            ("run-r0123456789abcdef0123456789abcdef.service", "run-r*.service"),
            ("run-u12.service", "run-u*.service"),
            ("run-12345.scope", "run-*.scope"),
            ("run-p77-i54955.service", "run-p*.service"),
            ("run-p238-i170.scope", "run-p*.scope"),
            ("session-12.scope", "session-*.scope"),
            ("session-c3.scope", "session-c*.scope"),

            ("run-r0123.scope", "run-r0123.scope"),
            ("run-r0123456789ABCDEF0123456789ABCDEF.scope", "run-r0123456789ABCDEF0123456789ABCDEF.scope"),
            ("run-u.service", "run-u.service"),
            ("run-u12a.service", "run-u12a.service"),
            ("run-user-1000.mount", "run-user-1000.mount"),
            ("run-p77.service", "run-p77.service"),
            ("run-p77-i.service", "run-p77-i.service"),
            ("run-lock.mount", "run-lock.mount"),
            ("session-.scope", "session-.scope"),
            ("session-web.service", "session-web.service"),
            ("prerun-u12.service", "prerun-u12.service"),
            ("nginx.service", "nginx.service"),
            ("run-12345", "run-12345"),
            ("*", "*"),
            ("", ""),
        ])
    func folding(_ name: String, _ expected: String) {
        #expect(ByteString(name).folded == ByteString(expected))
    }

    private static let id = String(repeating: "0123456789abcdef", count: 4)
    private static let uuid = "21527424-cb2d-479f-af17-22251e2b37a0"

    @Test(
        "What a container runtime made up becomes a star: the container has a member of its own",
        arguments: [
            ("docker-\(id).scope", "docker-*.scope"),
            ("cri-containerd-\(id).scope", "cri-containerd-*.scope"),
            ("crio-conmon-\(id).scope", "crio-conmon-*.scope"),
            ("libpod-\(id).scope", "libpod-*.scope"),
            ("podman-4711.scope", "podman-*.scope"),
            ("podman-pause-90ab12cd.scope", "podman-pause-*.scope"),
            ("podman-pause-5577006791947779410.scope", "podman-pause-*.scope"),
            ("\(id).service", "*.service"),
            ("\(id)-startup.service", "*-startup.service"),
            ("\(id)-3f2a.service", "*.service"),
            ("\(id)-startup-3f2a.service", "*-startup.service"),
            ("machine-qemu\\x2d12\\x2dweb.scope", "machine-qemu\\x2d*\\x2dweb.scope"),
            ("machine-lxc\\x2d3\\x2ddb\\x2d1.scope", "machine-lxc\\x2d*\\x2ddb\\x2d1.scope"),

            ("docker-\(id)f.scope", "docker-\(id)f.scope"),
            ("docker-\(id.dropLast()).scope", "docker-\(id.dropLast()).scope"),
            ("\(id)-web.service", "\(id)-web.service"),
            ("\(id)-.service", "\(id)-.service"),
            ("docker.service", "docker.service"),
            ("podman-web.scope", "podman-web.scope"),
            ("machine-web.scope", "machine-web.scope"),
            ("machine-qemu\\x2dweb.scope", "machine-qemu\\x2dweb.scope"),
            ("machine-qemu\\x2d12.scope", "machine-qemu\\x2d12.scope"),
        ])
    func containers(_ name: String, _ expected: String) {
        #expect(ByteString(name).folded == ByteString(expected))
        #expect(ByteString(expected).folded == ByteString(expected))
    }

    @Test(
        "What a desktop made up becomes a star, and the application stays",
        arguments: [
            ("app-gnome-org.gnome.Evince-12345.scope", "app-gnome-org.gnome.Evince-*.scope"),
            ("app-org.gnome.Evince-12345.scope", "app-org.gnome.Evince-*.scope"),
            ("app-flatpak-org.mozilla.firefox-instance77.scope", "app-flatpak-org.mozilla.firefox-*.scope"),
            ("app-gnome-firefox\\x2desr-90.scope", "app-gnome-firefox\\x2desr-*.scope"),
            ("app-KDE-org.kde.okular@12345.service", "app-KDE-org.kde.okular@*.service"),
            (
                "app-org.kde.dolphin@0123456789abcdef0123456789abcdef.service",
                "app-org.kde.dolphin@*.service"
            ),
            ("app-org.kde.konsole-\(uuid).scope", "app-org.kde.konsole-*.scope"),
            ("vte-spawn-\(uuid).scope", "vte-spawn-*.scope"),
            ("snap.firefox.firefox-\(uuid).scope", "snap.firefox.firefox-*.scope"),
            ("snap.firefox.firefox.\(uuid).scope", "snap.firefox.firefox.*.scope"),
            ("dbus-:1.2-org.freedesktop.problems@7.service", "dbus-:1.2-org.freedesktop.problems@*.service"),

            ("app-gnome\\x2dkeyring@autostart.service", "app-gnome\\x2dkeyring@autostart.service"),
            ("app-org.kde.amarok.service", "app-org.kde.amarok.service"),
            ("app-org.kde.amarok-2.service", "app-org.kde.amarok-2.service"),
            ("app-gnome-firefox.scope", "app-gnome-firefox.scope"),
            ("app-12345.scope", "app-12345.scope"),
            ("myapp-web-1.scope", "myapp-web-1.scope"),
            ("vte-spawn-\(uuid)0.scope", "vte-spawn-\(uuid)0.scope"),
            ("-\(uuid).scope", "-\(uuid).scope"),
        ])
    func desktops(_ name: String, _ expected: String) {
        #expect(ByteString(name).folded == ByteString(expected))
        #expect(ByteString(expected).folded == ByteString(expected))
    }

    @Test(
        "What stands for one connection becomes a star, and other instances stay",
        arguments: [
            ("sshd@0-10.0.0.1:22-10.0.0.2:55555.service", "sshd@*.service"),
            ("sshd@3-8123-10.0.0.1:22-10.0.0.2:55555.service", "sshd@*.service"),
            ("sshd@1-fe80::1:22-2001:db8::2:5555.service", "sshd@*.service"),
            ("systemd-coredump@0-4711-0.service", "systemd-coredump@*.service"),
            ("systemd-coredump@12-4711_54955-0.service", "systemd-coredump@*.service"),
            ("systemd-creds@5-901-4711_54955-1000.service", "systemd-creds@*.service"),
            ("echo@4-unknown.service", "echo@*.service"),
            ("echo@4-77-unknown.service", "echo@*.service"),
            ("shell@0-2:9999-3:1024.service", "shell@*.service"),

            ("user@1000.service", "user@1000.service"),
            ("getty@tty1.service", "getty@tty1.service"),
            ("postgresql@15-main.service", "postgresql@15-main.service"),
            ("web@1.service", "web@1.service"),
            ("web@1-2.service", "web@1-2.service"),
            ("web@1-2-3-4-5.service", "web@1-2-3-4-5.service"),
            ("web@unknown.service", "web@unknown.service"),
            ("web@a-unknown.service", "web@a-unknown.service"),
            ("tunnel@0-10.0.0.1:22.service", "tunnel@0-10.0.0.1:22.service"),
            ("tunnel@0-host:22-10.0.0.1:22.service", "tunnel@0-host:22-10.0.0.1:22.service"),
            ("vm@\(uuid).service", "vm@\(uuid).service"),
            ("web@.service", "web@.service"),
            ("web@-.service", "web@-.service"),
        ])
    func instances(_ name: String, _ expected: String) {
        #expect(ByteString(name).folded == ByteString(expected))
        #expect(ByteString(expected).folded == ByteString(expected))
    }

    @Test("Folding a folded name changes nothing")
    func idempotent() {
        #expect(ByteString("session-12.scope").folded.folded == "session-*.scope")
    }
}
