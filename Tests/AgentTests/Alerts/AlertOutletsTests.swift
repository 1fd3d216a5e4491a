import Export
import Foundation
import Model
import Testing

@testable import Agent

@Suite("The ways out for alerts", .timeLimit(.minutes(2)))
struct AlertOutletsTests {
    private let folder: BaselineFolder
    private let keeper = LogKeeper()

    init() throws { folder = try BaselineFolder() }

    private func alert(_ path: String) -> Alert {
        Alert(
            .newWriter, id: "0123456789abcdef", rule: "baseline", time: Timestamp(nanoseconds: 0),
            of: BaselineFixture.seen(path))
    }

    private func outlets(_ exec: [String]) -> AlertOutlets {
        var settings = AlertSettings()
        settings.exec = exec
        return AlertOutlets(settings, logger: keeper.logger, journal: folder.path + "/no-journal")
    }

    private func script(_ name: String, _ body: String) throws -> String {
        let path = "\(folder.path)/\(name)"
        try Data("#!/bin/sh\n\(body)\n".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    @Test func `Each alert goes to the journal and to the program`() async throws {
        let outlets = outlets(["/bin/sh", try script("take", "cat >> '\(folder.path)/all'")])
        outlets.send([alert("/etc/a/x"), alert("/etc/b/x")])
        await outlets.finish(by: .now + .seconds(20))
        #expect(try String(contentsOfFile: folder.path + "/all", encoding: .utf8).split(separator: "\n").count == 2)
        #expect(outlets.programAccount == AlertOutletAccount(sent: 2))
        #expect(outlets.journalAccount == AlertOutletAccount(sent: 2))
        #expect(
            keeper.lines
                == ["a", "b"].map {
                    "warning: new writer: /usr/bin/app (app, pid 7, uid 33): write /etc/\($0)/x in app.service [baseline]"
                })
    }

    @Test func `Without a program there is no account of one`() async {
        let outlets = outlets([])
        outlets.send([alert("/etc/a/x")])
        #expect(outlets.programAccount == nil)
        await outlets.finish(by: .now)
    }

    @Test func `A reload changes the program, and the one before ends what it has begun`() async throws {
        let first = try script(
            "first", "until [ -e '\(folder.path)/go' ]; do sleep 0.05; done; cat > '\(folder.path)/one'")
        let second = try script("second", "cat > '\(folder.path)/two'")
        let outlets = outlets(["/bin/sh", first])
        outlets.send([alert("/etc/a/x")])
        var settings = AlertSettings()
        settings.exec = ["/bin/sh", second]
        outlets.follow(settings)
        outlets.follow(settings)
        outlets.send([alert("/etc/b/x")])
        try Data().write(to: URL(filePath: folder.path + "/go"))
        await outlets.finish(by: .now + .seconds(20))
        #expect(outlets.programAccount == AlertOutletAccount(sent: 2))
        #expect(try String(contentsOfFile: folder.path + "/one", encoding: .utf8).contains("/etc/a/x"))
        #expect(try String(contentsOfFile: folder.path + "/two", encoding: .utf8).contains("/etc/b/x"))
    }

    @Test func `Trouble of a kind is said once a minute`() {
        let log = AlertLog(keeper.logger)
        let start = ContinuousClock.now
        for second in [0, 1, 59, 61] {
            log.note(.programFailed(reason: "'x' ended with \(second)"), at: start + .seconds(second))
            log.note(.dropped(UInt64(second)), at: start + .seconds(second))
        }
        #expect(
            keeper.lines == [
                "warning: the program of [alerts] exec: 'x' ended with 0",
                "warning: the program of [alerts] exec is too slow: 0 alerts were not handed to it",
                "warning: the program of [alerts] exec: 'x' ended with 61",
                "warning: the program of [alerts] exec is too slow: 61 alerts were not handed to it",
            ])
    }
}
