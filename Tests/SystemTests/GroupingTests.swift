import Foundation
import Testing

extension SystemTests {
    /// Outputs with different `group_by` see the same windows, each with rows of its own.
    @Suite struct Groupings {
        let folder: Folder
        /// A slice right below the root, as systemd would make it.
        let slice: Cgroup

        init() throws {
            folder = try Folder()
            slice = try Cgroup(suffix: ".slice")
        }

        private var name: String { String(slice.name.dropLast(".slice".count)) }

        private func start(_ keys: [String] = ["slice", "unit"]) throws -> AgentRun {
            let outputs = keys.map { key in
                """
                [outputs.by-\(key)]
                type = "file"
                path = "\(folder.path(key))"
                format = "json"
                group_by = ["\(key)"]
                """
            }
            return try AgentRun(in: folder, outputs: outputs.joined(separator: "\n"))
        }

        /// The batches of another output: as many as the first has, of the same windows, and with the same totals.
        private func batches(by key: String, beside first: [Batch]) throws -> [Batch] {
            let batches = try Batch.all(inFile: folder.path(key))
            #expect(batches.map(\.sequence) == first.map(\.sequence))
            #expect(batches.map(\.batchId) == first.map { "\($0.batchId)@\(key)" })
            #expect(batches.map(\.window.start) == first.map(\.window.start))
            #expect(batches.allSatisfy { $0.groupBy == [key] })
            #expect(batches.imbalances == [])
            for (batch, other) in zip(batches, first) {
                #expect(batch.totals.differences(from: other.totals) == [], "\(batch.batchId)")
            }
            if Schema.canValidate {
                let end = try Schema.validate(linesOf: folder.path(key), in: folder)
                #expect(end.status == 0, "\(end.errors)")
            }
            return batches
        }

        /// What rows say, sum by sum over all windows, against what those of the cgroups say.
        private func expectSums(
            _ rows: [Batch], _ cgroups: [Batch], of name: (Batch.Unit) -> String?, in names: (Batch.Unit) -> [String]
        ) {
            for (batch, other) in zip(rows, cgroups) {
                var sums: [String: Counters] = [:]
                for row in other.units { for name in names(row) { sums[name, default: Counters()].add(row.counters) } }
                var told: [String: Counters] = [:]
                for row in batch.units {
                    guard let name = name(row) else { continue }
                    #expect(told[name] == nil, "\(batch.batchId): two rows of \(name)")
                    told[name, default: Counters()].add(row.counters)
                }
                #expect(Set(told.keys) == Set(sums.keys), "\(batch.batchId)")
                for (name, sum) in sums {
                    #expect(told[name]?.differences(from: sum) == [], "\(batch.batchId): \(name)")
                }
            }
        }

        @Test func `a slice's row is all that was done in it and below it`() throws {
            let inner = ["\(name)-b.slice", "\(name)-b-c.slice"]
            let service = try Cgroup(in: slice, ["\(name)-x.service"])
            let nested = try Cgroup(in: slice, [inner[0], "\(name)-y.service"])
            let deep = try Cgroup(in: slice, inner + ["\(name)-z.service", "payload"])
            let bare = try Cgroup()

            let agent = try start()
            let truths = try [service, nested, deep, bare].enumerated().map { number, cgroup in
                try Workload.run(in: cgroup, folder, ["--repeat", "\(number + 1)", "--only", "syscalls,names"])
            }
            let cgroups = try agent.stop()
            let slices = try batches(by: "slice", beside: cgroups)

            for truth in truths { #expect(cgroups.counters(of: truth.cgroupId).differences(from: truth) == []) }
            let expected = [
                slice.name: truths[0...2], inner[0]: truths[1...2], inner[1]: truths[2...2],
            ].mapValues { $0.reduce(into: Counters()) { $0.add($1.counters) } }
            for (name, truth) in expected {
                let rows = slices.flatMap(\.units).filter { $0.slice == name }
                #expect(!rows.isEmpty)
                #expect(rows.allSatisfy { $0.kind == "slice" && $0.unit == nil && $0.cgroup == nil })
                let counted = rows.reduce(into: Counters()) { $0.add($1.counters) }
                #expect(counted.writes > 0)
                #expect(counted.differences(from: truth) == [], "\(name)")
            }
            expectSums(
                slices, cgroups, of: \.slice,
                in: { row in
                    guard let path = row.cgroup?.path else { return [] }
                    return ["-.slice"] + path.split(separator: "/").prefix { $0.hasSuffix(".slice") }.map(String.init)
                })
        }

        @Test func `a unit's row goes on over restarts, and over the runs of a transient one`() throws {
            let agent = try start()
            var truths: [Truth] = []
            var ids: Set<UInt64> = []
            for run in 1...3 {
                let service = try Cgroup(in: slice, ["\(name)-x.service"])
                let transient = try Cgroup(in: slice, ["run-u\(run)000\(getpid()).service"])
                for cgroup in [service, transient] {
                    let truth = try Workload.run(in: cgroup, folder, ["--repeat", "\(run)", "--only", "syscalls"])
                    truths.append(truth)
                    ids.insert(truth.cgroupId)
                    try cgroup.end()
                }
            }
            let cgroups = try agent.stop()
            let units = try batches(by: "unit", beside: cgroups)

            #expect(ids.count == 6)
            for truth in truths {
                let rows = cgroups.rows(of: truth.cgroupId)
                #expect(!rows.isEmpty)
                #expect(cgroups.counters(of: truth.cgroupId).differences(from: truth) == [])
            }
            let place = "/\(slice.name)/run-u"
            let transient = cgroups.flatMap(\.units).filter { $0.cgroup?.path?.hasPrefix(place) == true }
            #expect(Set(transient.map(\.unit)).count == 3)
            #expect(transient.allSatisfy { $0.unitSeries == "run-u*.service" })

            let rows = units.flatMap(\.units).filter { $0.unit == "\(name)-x.service" }
            #expect(rows.allSatisfy { $0.slice == slice.name && $0.kind == "service" && $0.cgroup == nil })
            let counted = rows.reduce(into: Counters()) { $0.add($1.counters) }
            let truth = stride(from: 0, to: 6, by: 2).reduce(into: Counters()) { $0.add(truths[$1].counters) }
            #expect(counted.differences(from: truth) == [])
            expectSums(
                units, cgroups, of: { $0.kind == "overflow" ? nil : $0.unitSeries },
                in: { $0.unitSeries.map { [$0] } ?? [] })
        }

        /// A cgroup that a user, a container or a pod has, and which of them.
        private struct Place {
            let path: [String]
            var user: UInt32?
            var container: String?
            var pod: String?
        }

        @Test func `users, containers and pods have rows of their own in one run, each the sum of its cgroups`() throws
        {
            let ids = ["3c", "a4", "5e", "f0"].map { String(repeating: $0, count: 32) }
            let (user, pod) = (UInt32(54321), "0b1c2d3e-1111-2222-3333-444455556666")
            let podPath = ["kubepods", "burstable", "pod\(pod)"]
            let home = ["user-\(user).slice", "user@\(user).service"]
            let places = [
                Place(path: home + ["app.slice", "a.service"], user: user),
                Place(path: ["user-\(user).slice", "session-3.scope"], user: user),
                Place(
                    path: home + ["user.slice", "libpod-\(ids[0]).scope"], user: user, container: "podman \(ids[0])"),
                Place(path: ["docker-\(ids[1]).scope"], container: "docker \(ids[1])"),
                Place(path: ["docker-\(ids[1]).scope", "init.scope"], container: "docker \(ids[1])"),
                Place(path: podPath, pod: pod),
                Place(path: podPath + [ids[2]], container: "containerd \(ids[2])", pod: pod),
                Place(path: podPath + [ids[3]], container: "containerd \(ids[3])", pod: pod),
                Place(path: ["\(name)-x.service"]),
            ]
            let agent = try start(["user", "container", "pod"])
            let cgroups = try places.map { try Cgroup(in: slice, $0.path) }
            let truths = try cgroups.enumerated().map { number, cgroup in
                try Workload.run(in: cgroup, folder, ["--repeat", "\(number + 1)", "--only", "syscalls,names"])
            }
            let batches = try agent.stop()
            for truth in truths { #expect(batches.counters(of: truth.cgroupId).differences(from: truth) == []) }

            let keys: [(String, (Place) -> String?, @Sendable (Batch.Unit) -> String?)] = [
                ("user", { $0.user.map { "\($0)" } }, { $0.ownerUid.map { "\($0)" } }),
                ("container", \.container, { $0.container.map { "\($0.runtime ?? "?") \($0.id)" } }),
                ("pod", \.pod, { $0.pod?.uid }),
            ]
            for (key, meant, told) in keys {
                let grouped = try self.batches(by: key, beside: batches)
                // What has none of a key is one row of kind `none`; what nobody could name has a row, too.
                let name = { @Sendable (row: Batch.Unit) -> String in
                    row.kind == "unresolved" ? row.kind : told(row) ?? "none"
                }
                expectSums(grouped, batches, of: name, in: { [name($0)] })

                var expected: [String: Counters] = [:]
                for (place, truth) in zip(places, truths) {
                    if let name = meant(place) { expected[name, default: Counters()].add(truth.counters) }
                }
                #expect(expected.count == (key == "container" ? 4 : 1))
                for (name, sum) in expected {
                    let rows = grouped.flatMap(\.units).filter { told($0) == name }
                    #expect(rows.allSatisfy { $0.kind == key && $0.unit == nil && $0.cgroup == nil }, "\(name)")
                    let counted = rows.reduce(into: Counters()) { $0.add($1.counters) }
                    #expect(counted.differences(from: sum) == [], "\(name)")
                }
            }
        }
    }
}
