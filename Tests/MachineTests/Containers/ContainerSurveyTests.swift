import Dispatch
import Model
import Testing

@testable import Machine

@Suite struct ContainerSurveyTests {
    private func question(_ id: String, of user: UInt32? = nil) -> ContainerQuestion {
        ContainerQuestion(.container(id: ByteString(id), runtime: nil), owner: user)
    }

    @Test func `all cgroups of a container are told, each container asked for once`() {
        let wanted = (1...6).map { (CgroupID($0), question($0 < 4 ? "a" : "b")) }
        let asked = DispatchSemaphore(value: 0)
        let findings = ContainerSurvey.take(wanted, within: .seconds(60)) {
            { question in
                asked.signal()
                return question == self.question("a") ? .known(ContainerDetails(name: "web")) : .unknown
            }
        }
        #expect(findings.known.map(\.0) == [CgroupID(1), CgroupID(2), CgroupID(3)])
        #expect(findings.unanswered == 0)
        #expect((1...3).map { _ in asked.wait(timeout: .now()) } == [.success, .success, .timedOut])
    }

    @Test func `who does not answer in time is not waited for, and keeps nobody else waiting`() {
        let wanted = [(CgroupID(1), question("hangs", of: 1000)), (CgroupID(2), question("web"))]
        let (told, released) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let findings = ContainerSurvey.take(wanted, within: .seconds(2)) {
            { question in
                if question.owner != nil { released.wait() } else { told.signal() }
                return .known(ContainerDetails(name: "web"))
            }
        }
        #expect(findings.known.map(\.0) == [CgroupID(2)])
        #expect(findings.unanswered == 1)
        released.signal()
    }

    @Test func `nothing to ask takes no time`() {
        let findings = ContainerSurvey.take([], within: .seconds(1000)) { { _ in .unknown } }
        #expect(findings.known.isEmpty)
    }
}
