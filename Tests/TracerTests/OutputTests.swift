import Foundation
import Glibc
import Testing
import Tracer

/// Which files rows may go to.
@Suite struct OutputTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private var file: String { folder.path + "/trace.csv" }

    private func refusal(_ path: String, _ existing: TraceOutput.Existing, owner: TraceOutput.Owner? = nil)
        -> TraceRefusal?
    {
        do throws(TraceRefusal) {
            _ = try TraceOutput.open(path, owner: owner, existing: existing)
            return nil
        } catch { return error }
    }

    @Test func `a file is made, and gone again when nothing came of it`() throws {
        let output = try TraceOutput.open(file, owner: nil, existing: .replaceOwn)
        #expect(try folder.names == ["trace.csv"])
        output.discard()
        #expect(try folder.names == [])
    }

    @Test func `what was put in the place of the file meanwhile stays`() throws {
        let output = try TraceOutput.open(file, owner: nil, existing: .replaceOwn)
        try #require(unlink(file) == 0)
        try folder.write("trace.csv", "another")
        output.discard()
        #expect(try folder.text("trace.csv") == "another")
    }

    @Test func `a trace that was there is replaced, but not before the new one begins`() throws {
        try folder.write("trace.csv", "old")
        let output = try TraceOutput.open(file, owner: nil, existing: .replaceOwn)
        #expect(try folder.text("trace.csv") == "old")
        output.discard()
        #expect(try folder.text("trace.csv") == "old")
        try output.begin()
        #expect(try folder.text("trace.csv") == "")
    }

    @Test func `a file that was named and is there is refused without force`() throws {
        try folder.write("trace.csv", "old")
        let why = refusal(file, .refuse)
        #expect(why?.reason == .argument)
        #expect(why?.description == "\(file) is there already: choose another name, or replace it with --force")
        #expect(refusal(file, .replace) == nil)
        #expect(try folder.text("trace.csv") == "old")
    }

    @Test(arguments: [TraceOutput.Existing.refuse, .replace, .replaceOwn])
    func `a symbolic link is never followed`(existing: TraceOutput.Existing) throws {
        try folder.write("precious", "precious")
        try #require(symlink("\(folder.path)/precious", file) == 0)
        #expect(refusal(file, existing)?.description.contains("symbolic link") == true)
        try #require(unlink(file) == 0)
        // Also one that leads nowhere: its target would be made.
        try #require(symlink("\(folder.path)/absent", file) == 0)
        #expect(refusal(file, existing)?.description.contains("symbolic link") == true)
        #expect(try folder.names == ["precious", "trace.csv"])
        #expect(try folder.text("precious") == "precious")
    }

    @Test func `a file that another trace is writing is left to it`() throws {
        let first = try TraceOutput.open(file, owner: nil, existing: .replaceOwn)
        for existing in [TraceOutput.Existing.replaceOwn, .replace] {
            #expect(refusal(file, existing)?.description.contains("another opentrace is writing \(file)") == true)
        }
        _ = consume first
        #expect(refusal(file, .replaceOwn) == nil)
    }

    @Test func `a file with a second name is not emptied`() throws {
        try folder.write("precious", "precious")
        try #require(link("\(folder.path)/precious", file) == 0)
        #expect(refusal(file, .replaceOwn)?.description.contains("second name") == true)
        #expect(refusal(file, .replace)?.description.contains("second name") == true)
    }

    @Test func `a folder, a pipe without a reader and a way that is none are refused`() throws {
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
        #expect(refusal(file, .replaceOwn)?.description.contains("is a folder") == true)
        let pipe = folder.path + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        #expect(refusal(pipe, .refuse)?.description == "nobody reads from \(pipe)")
        let absent = folder.path + "/absent/rows"
        #expect(refusal(absent, .refuse)?.description == "cannot make \(absent): No such file or directory")
    }

    @Test func `the default name takes no device`() throws {
        #expect(refusal("/dev/null", .refuse) == nil)
        #expect(refusal("/dev/null", .replaceOwn)?.description.contains("no plain file") == true)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to have files of others"))
    func `a file belongs to its owner, and that of somebody else is left alone`() throws {
        let owner = TraceOutput.Owner(uid: 12_345, gid: 12_346)
        _ = try TraceOutput.open(file, owner: owner, existing: .replaceOwn)
        var status = stat()
        try #require(stat(file, &status) == 0)
        #expect(status.st_uid == 12_345)
        #expect(status.st_gid == 12_346)
        // Once more, as a second run does.
        #expect(refusal(file, .replaceOwn, owner: owner) == nil)
        #expect(refusal(file, .replaceOwn)?.description.contains("belongs to user 12345") == true)
        #expect(refusal(file, .replace, owner: .init(uid: 9, gid: 9))?.reason == .failure)
    }
}
