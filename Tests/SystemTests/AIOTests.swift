import Testing

extension SystemTests {
    /// Linux AIO: its results come with another call than its requests.
    @Suite struct AIO {
        @Test(arguments: ["ext4", "xfs"])
        func `requests of io_submit are counted with their results`(kind: String) throws {
            let folder = try Folder()
            let cgroup = try Cgroup()
            let files = try LoopFileSystem(kind, in: folder)
            let agent = try AgentRun(in: folder)
            let truth = try Workload.run(
                in: cgroup, folder, ["--only", "aio,ends", "--repeat", "20", "--dir", files.path])
            let batches = try agent.stop()
            #expect(truth.counters.writes > 4000)
            #expect(truth.declared.unseen == 40)
            #expect(batches.differences(from: [truth]) == [])
            #expect(batches.reduce(0) { $0 + $1.loss.aioUnknownResults } == 40)
        }
    }
}
