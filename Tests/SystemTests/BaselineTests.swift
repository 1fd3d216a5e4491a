import Foundation
import Testing

extension SystemTests {
    /// The baseline, from what is learned to the rules that are made of it.
    @Suite struct LearnedWriters {
        /// What the unit does all the time: rotation, temporary files, dated folders, numbers.
        private static let steady = """
            mkdir -p log dated
            for turn in 1 2 3 4 5; do
                echo x >> log/now; mv log/now log/now.$turn; rm -f log/now.$((turn - 1))
                made=$(mktemp -d); echo x > $made/file; rm -r $made
                day=dated/2026-11-$((10 + $(date +%s) % 20)); mkdir -p $day; echo x > $day/data
                mkdir -p dated/$$; echo x > dated/$$/data
            done
            """

        private struct Listing: Decodable {
            struct Unit: Decodable {
                let unit: String?
                let slice: String?
                let combinations: [Combination]
            }
            struct Combination: Decodable {
                let id: String
                let state: String
                let directory: String?
            }
            let learning: Bool
            let units: [Unit]
        }

        private func baseline(_ watched: WatchedRun, _ command: String, _ arguments: String...) throws -> Finished {
            let words = ["baseline", command, "--config", watched.folder.path("agent.toml")]
            return try otagent(words + arguments, in: watched.folder)
        }

        private func known(_ watched: WatchedRun, _ command: String) throws -> [Listing.Combination] {
            let finished = try baseline(watched, command, "--json")
            try #require(finished.status == 0, "\(finished.errors)")
            let units = try decoded(Listing.self, from: finished.output).units
            return units.filter { $0.slice == watched.slice.name }.flatMap(\.combinations)
        }

        /// Waits for so many windows more.
        private func pass(_ windows: Int, _ watched: WatchedRun) throws {
            let goal = try watched.batches().count + windows
            let deadline = ContinuousClock.now + .seconds(60)
            while try watched.batches().count < goal {
                guard ContinuousClock.now < deadline else { throw Failure("no window came") }
                usleep(20_000)
            }
        }

        private func alerts(_ watched: WatchedRun, _ batches: [WatchBatch]) -> [WatchAlert] {
            batches.flatMap(\.alerts).filter { $0.slice == watched.slice.name }
        }

        @Test func `what goes on as it was raises nothing, what is new one alert, and commands change what is known`()
            throws
        {
            let watched = try WatchedRun("[baseline]\nenabled = true\nlearn_for = \"5s\"")
            try watched.inUnit(Self.steady)
            try pass(7, watched)
            try watched.inUnit(Self.steady)
            try pass(2, watched)
            #expect(alerts(watched, try watched.batches()).map(\.path) == [])

            try watched.inUnit("cp /bin/dash ../other; mkdir new; for turn in 1 2 3; do echo x > new/file$turn; done")
            try watched.inUnit("../other -c 'echo x >> log/now'; ../other -c 'echo x >> log/now'")
            let deadline = ContinuousClock.now + .seconds(20)
            while alerts(watched, try watched.batches()).count < 3, ContinuousClock.now < deadline { usleep(20_000) }
            let found = alerts(watched, try watched.batches())
            // The copy, the folder, and the writer.
            let new = try #require(found.first { $0.path == watched.place + "/new/file1" })
            let other = try #require(found.first { $0.exe?.hasSuffix("/other") == true })
            #expect(found.allSatisfy { $0.alert == "new_writer" && $0.rule == "baseline" && $0.unit == "some.service" })
            #expect(Set(found.map(\.id)).count == found.count)

            // Beside the running agent.
            let accepted = try baseline(watched, "accept", new.id)
            #expect(accepted.status == 0 && accepted.output == "accepted 1 combination\n", "\(accepted.errors)")
            let left = try known(watched, "diff").map(\.id)
            #expect(left.contains(other.id) && !left.contains(new.id))
            let unknown = try baseline(watched, "accept", "0123")
            #expect(unknown.status == 1 && unknown.errors.contains("no combination has the id 0123"))
            let forgotten = try baseline(watched, "forget", new.id)
            #expect(forgotten.output == "forgot 1 combination\n", "\(forgotten.errors)")
            let again = ContinuousClock.now + .seconds(20)
            func timesFound() throws -> Int { try known(watched, "diff").count { $0.id == new.id } }
            // Whoever goes on is found again, as soon as the kernel tells it anew.
            while try timesFound() == 0, ContinuousClock.now < again { try watched.inUnit("echo x > new/again") }
            let batches = try watched.stop()
            #expect(alerts(watched, batches).count { $0.id == new.id } == 2)
            #expect(batches.allSatisfy { $0.loss.watchRecords == 0 })

            // Without an agent.
            #expect(try timesFound() == 1)
            #expect(try baseline(watched, "accept", "--unit", "some.*").status == 0)
            #expect(try known(watched, "diff").isEmpty)
            #expect(Set(try known(watched, "show").map(\.state)) == ["learned", "accepted"])
            let text = try baseline(watched, "show").output
            #expect(text.contains("some.service (\(watched.slice.name)): learned"))
            if Schema.canValidate {
                let shown = try watched.folder.write("shown.json", try baseline(watched, "show", "--json").output)
                let validated = try Schema.validate(linesOf: shown, by: "otagent.baseline-1.json", in: watched.folder)
                #expect(validated.status == 0, "\(validated.errors)")
            }
            let rules = try baseline(watched, "export", "--unit", "some.service")
            #expect(rules.status == 0 && rules.output.contains("unit = \"some.service\""), "\(rules.errors)")
            let all = try baseline(watched, "export").output
            let config = try watched.folder.write(
                "rules.toml", "[outputs.terminal]\ntype = \"stdout\"\n" + all)
            let check = try otagent(["check", "--config", config], in: watched.folder)
            #expect(check.status == 0, "\(check.errors)")
        }

        @Test func `commands without a baseline, or without saying which, say what to do`() throws {
            let folder = try Folder()
            let config = try folder.write(
                "agent.toml",
                "[agent]\nstate_dir = \"\(folder.path("state"))\"\n[outputs.terminal]\ntype = \"stdout\"\n")
            let none = try otagent(["baseline", "show", "--config", config], in: folder)
            #expect(none.status == 1 && none.errors.contains("set enabled = true in [baseline]"), "\(none.errors)")
            for words in [["accept"], ["forget", "--all", "x"], ["accept", "--unit", "["]] {
                let wrong = try otagent(["baseline"] + words + ["--config", config], in: folder)
                #expect(wrong.status == 2, "\(words): \(wrong.errors)")
            }
        }
    }
}
