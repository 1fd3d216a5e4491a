import Foundation
import Testing

extension SystemTests {
    /// What comes out, and when.
    @Suite struct Delivery {
        let folder: Folder
        init() throws { folder = try Folder() }

        @Test func `once means exactly one whole window`() throws {
            let config = try AgentRun.configuration(in: folder)
            let end = try otagent(["run", "--config", config, "--once"], in: folder)
            #expect(end.status == 0, "\(end.errors)")
            let batches = try Batch.all(inFile: folder.path("batches.json"))
            #expect(batches.count == 1)
            #expect(batches.first?.schema == "otagent.batch/1")
            #expect(abs((batches.first?.window.seconds ?? 0) - 1) < 0.2)
        }

        @Test func `a run of three seconds sends whole windows without a hole`() throws {
            let config = try AgentRun.configuration(in: folder)
            // `run` is the default command.
            let end = try otagent(["--config", config, "--duration", "3s"], in: folder)
            #expect(end.status == 0, "\(end.errors)")
            let batches = try Batch.all(inFile: folder.path("batches.json"))
            #expect(batches.count >= 3)
            let first = try #require(batches.first)
            #expect(batches.map(\.sequence) == Array(first.sequence..<first.sequence + batches.count))
            #expect(zip(batches, batches.dropFirst()).allSatisfy { $0.window.end == $1.window.start })
            #expect(batches.allSatisfy { $0.window.gapBefore == 0 })
        }

        /// Nobody listens on port 1. A run keeps what it cannot deliver; `--once` promises delivery.
        @Test func `a collector that is not there stops no run but fails once`() throws {
            let config = try AgentRun.configuration(
                in: folder,
                outputs: """
                    [outputs.collector]
                    type = "http"
                    url = "http://127.0.0.1:1/ingest"
                    format = "json"
                    timeout = "1s"
                    """)
            let run = try otagent(["run", "--config", config, "--duration", "3s"], in: folder)
            #expect(run.status == 0, "\(run.errors)")
            let once = try otagent(["run", "--config", config, "--once"], in: folder)
            #expect(once.status == 1, "\(once.errors)")
        }

        /// As in `otagent ... | head -n 1`: counting on would serve nobody.
        @Test func `a run whose only reader is gone ends by itself`() throws {
            let config = try folder.write(
                "agent.toml",
                """
                [agent]
                interval = "1s"
                state_dir = "\(folder.path("state"))"
                [outputs.terminal]
                type = "stdout"
                """)
            let command = "{ \"$0\" run --config \"$1\"; echo \"ended with $?\" >&2; } | head -n 1"
            let end = try run("/bin/sh", ["-c", command, built("otagent"), config], in: folder)
            #expect(end.output.contains("otagent.batch/1"))
            #expect(end.errors.contains("ended with 1\n"), "\(end.errors)")
            #expect(end.errors.contains("no output is left"))
        }

        @Test(.enabled(if: Schema.canValidate, "python3 has no jsonschema"))
        func `every batch is what its schema says`() throws {
            let cgroup = try Cgroup()
            let agent = try AgentRun(in: folder)
            _ = try Workload.run(in: cgroup, folder, ["--uring", "plain"])
            _ = try agent.stop()
            let end = try Schema.validate(linesOf: agent.batchFile, in: folder)
            #expect(end.status == 0, "\(end.errors)")
        }
    }

    /// The schema in the documentation, applied by somebody else's validator.
    enum Schema {
        static func path(_ name: String) -> String {
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/schema/\(name)")
                .standardized.path
        }

        static var canValidate: Bool {
            guard let python = installed("python3"), let folder = try? Folder() else { return false }
            return (try? run(python, ["-c", "import jsonschema"], in: folder))?.status == 0
        }

        static func validate(
            linesOf file: String, by schema: String = "batch.schema.json", in folder: Folder
        ) throws -> Finished {
            let script = """
                import json, sys, jsonschema
                schema = json.load(open(sys.argv[1]))
                kind = jsonschema.validators.validator_for(schema)
                kind.check_schema(schema)
                lines = [line for line in open(sys.argv[2]) if line.strip()]
                wrong = [(n, "/".join(map(str, e.absolute_path)), e.message)
                         for n, line in enumerate(lines, 1) for e in kind(schema).iter_errors(json.loads(line))]
                for w in wrong[:20]: print("line %d: %s: %s" % w, file=sys.stderr)
                sys.exit(1 if wrong or not lines else 0)
                """
            return try run(installed("python3") ?? "", ["-c", script, path(schema), file], in: folder)
        }
    }
}
