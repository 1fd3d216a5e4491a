internal import Glibc
internal import Kernel
internal import Machine
internal import Model

/// Looks at this host, then tries everything.
package enum Doctor {
    package static func examine() async -> DoctorReport {
        var report = DoctorReport()
        let mounts = MountTable(mountinfo: (try? readFile("/proc/self/mountinfo")) ?? [])
        report.checks = [
            HostChecks.kernel(HostNames.kernelRelease),
            HostChecks.types(areReadable: access("/sys/kernel/btf/vmlinux", R_OK) == 0),
            HostChecks.capabilities(status: (try? readFile("/proc/self/status")) ?? []),
            cgroup(mounts),
        ]
        do {
            // Not held for the self-test: whoever kills the doctor there would leave it mounted.
            let tracefs = try Tracefs()
            report.checks.append(HostChecks.tracefs(path: tracefs.path, isOurs: tracefs.isOurs))
            _ = consume tracefs
            await tryPrograms(&report)
        } catch {
            report.checks += [
                HostChecks.tracefs(error: "\(error)", mounted: mounts.places(of: "tracefs")),
                DoctorReport.Check("programs", .failed, "not tried without tracefs"),
            ]
        }
        return report
    }

    private static func tryPrograms(_ report: inout DoctorReport) async {
        let source: KernelSource
        do {
            source = try AgentRun.source(TraceSettings(), asksVerifier: true)
        } catch {
            report.checks.append(DoctorReport.Check("programs", .failed, "\(error)"))
            return
        }
        report.checks += [
            HostChecks.programs(attached: source.coverage.attached, missing: source.coverage.missing),
            HostChecks.reads(directly: source.readsDirectly),
            HostChecks.memory(source.plan),
            HostChecks.skippedRuns(areCounted: source.countsMissedRuns),
        ]
        report.loaded = (try? await source.loadedPrograms()) ?? []
        report.notSeen = source.coverage.notSeen
        (report.operations, report.selfTestFailure) = await SelfTest.run(source)
    }

    private static func cgroup(_ mounts: MountTable) -> DoctorReport.Check {
        do {
            let host = try AgentRun.host()
            return HostChecks.cgroup(
                path: host.mountPath.lossyText, showsRealRoot: host.startsAtRealRoot,
                hasVersion1: !mounts.places(of: "cgroup").isEmpty)
        } catch {
            return DoctorReport.Check("cgroup2", .failed, "\(error)")
        }
    }
}
