import Export
import Model
import Testing

@testable import Agent

struct ReloadPlanTests {
    private func settings(_ change: (inout Settings) -> Void = { _ in }) -> Settings {
        var settings = Settings()
        settings.outputs = [
            OutputSettings(name: "a", kind: .file(FileOptions(path: "/tmp/a"))),
            OutputSettings(name: "b", kind: .http(HTTPOptions(url: "http://127.0.0.1/"))),
        ]
        change(&settings)
        return settings
    }

    @Test func `the same settings keep everything`() {
        let plan = ReloadPlan(from: settings(), to: settings())
        #expect(plan.kept == ["a", "b"])
        #expect(plan.started.isEmpty && plan.stopped.isEmpty && plan.postponed.isEmpty)
        #expect(plan.settings == settings())
        #expect(plan.summary == "outputs: kept 'a' 'b'")
    }

    @Test func `only an output whose settings changed starts anew`() {
        let new = settings { $0.outputs[0].kind = .file(FileOptions(path: "/tmp/other")) }
        let plan = ReloadPlan(from: settings(), to: new)
        #expect(plan.kept == ["b"])
        #expect(plan.started == [new.outputs[0]])
        #expect(plan.stopped.isEmpty)
        #expect(plan.settings == new)
    }

    @Test func `what its rows stand for is part of an output's settings`() {
        let new = settings { $0.outputs[1].groupBy = Grouping([.unit]) }
        #expect(ReloadPlan(from: settings(), to: new).started.map(\.name) == ["b"])
    }

    @Test func `an output that should run and does not starts anew, though its settings are the same`() {
        let plan = ReloadPlan(from: settings(), running: ["b"], to: settings())
        #expect(plan.kept == ["b"])
        #expect(plan.started.map(\.name) == ["a"])
    }

    @Test func `standard output stays as it is until a restart`() {
        let stream = OutputSettings(name: "s", kind: .stdout(StdoutOptions()))
        let old = settings { $0.outputs.append(stream) }
        let gone = ReloadPlan(from: old, to: settings())
        #expect(gone.stopped.isEmpty && gone.settings.outputs.contains(stream))
        #expect(gone.postponed == ["[outputs.s], which is standard output,"])
        let new = ReloadPlan(from: settings(), to: old)
        #expect(new.started.isEmpty && new.settings.outputs == settings().outputs)
        #expect(ReloadPlan(from: old, to: old).postponed.isEmpty)
    }

    @Test func `outputs come and go`() {
        let new = settings { settings in
            settings.outputs.removeFirst()
            settings.outputs.append(OutputSettings(name: "c", kind: .file(FileOptions(path: "/tmp/c"))))
        }
        let plan = ReloadPlan(from: settings(), to: new)
        #expect(plan.stopped == ["a"])
        #expect(plan.kept == ["b"])
        #expect(plan.started.map(\.name) == ["c"])
        #expect(plan.summary == "outputs: started 'c', stopped 'a', kept 'b'")
    }

    @Test func `an output that moved within the file is kept`() {
        let new = settings { $0.outputs.swapAt(0, 1) }
        let plan = ReloadPlan(from: settings(), to: new)
        #expect(plan.kept == ["b", "a"])
        #expect(plan.settings.outputs.map(\.name) == ["b", "a"])
    }

    @Test func `limits and intervals change at once`() {
        let new = settings { settings in
            settings.agent.interval = .seconds(3)
            settings.agent.shutdownTimeout = .seconds(9)
            settings.trace.maxUnits = 7
            settings.trace.maxWritersPerUnit = 8
            settings.trace.foldTransient = false
        }
        let plan = ReloadPlan(from: settings(), to: new)
        #expect(plan.postponed.isEmpty)
        #expect(plan.settings == new)
    }

    @Test func `what is set up at the start keeps its old value, and each such key is named`() {
        let old = settings()
        let new = settings { settings in
            settings.agent.stateDir = "/elsewhere"
            settings.agent.hostname = "other"
            settings.agent.interval = .seconds(2)
            settings.trace.maxKernelMemory = 1 << 20
            settings.trace.pseudoFilesystems = true
            settings.trace.backend = .tracepoint
            settings.containers.names = false
            settings.http.listen = "127.0.0.1:1"
        }
        let plan = ReloadPlan(from: old, to: new)
        #expect(
            plan.postponed == [
                "[agent] state_dir", "[agent] hostname", "[trace] backend", "[trace] pseudo_filesystems",
                "[trace] max_kernel_memory", "[containers]",
            ])
        var expected = old
        expected.agent.interval = .seconds(2)
        expected.http.listen = "127.0.0.1:1"
        #expect(plan.settings == expected)
    }
}
