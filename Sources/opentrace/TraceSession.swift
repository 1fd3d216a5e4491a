import Agent
import ArgumentParser
import Foundation
import Kernel
import Machine
import Model
import Render
import Tracer

/// One call of `all` or `exec`: what both need on the way from options to an exit status.
struct TraceSession {
    let options: TraceOptions
    let stop = StopSign()
    let environment = ProcessInfo.processInfo.environment

    let followsRun: Bool

    /// - Parameter followsRun: whether something is to be said of the whole run.
    init(_ options: TraceOptions, followsRun: Bool = false) { (self.options, self.followsRun) = (options, followsRun) }

    private var request: TraceRequest {
        var request = options.request
        request.followsRun = followsRun
        return request
    }

    @Sendable static func say(_ sentence: String) { StandardError.say("opentrace: \(sentence)") }

    /// The file of rows belongs to who has called sudo.
    func owner() throws(TraceRefusal) -> TraceOutput.Owner? { try .caller(in: environment) }

    /// Asked before anything is touched, so that who may not trace hears just that.
    func requirePrivileges() throws {
        guard let status = try? readFile("/proc/self/status"), let capabilities = Capabilities(status: status),
            !capabilities.mayLoadPrograms || !capabilities.has(.dacReadSearch)
        else { return }
        let needed =
            capabilities.mayLoadPrograms ? [Capabilities.Needed.dacReadSearch] : [.bpf, .perfmon, .dacReadSearch]
        let missing = needed.filter { !capabilities.has($0) }.map(\.name).joined(separator: ", ")
        let what = capabilities.mayLoadPrograms ? "look into tracefs and cgroups" : "load BPF programs"
        throw Refusal(
            .hostCannot, "not allowed to \(what), without \(missing): run it with sudo, or give it what is missing")
    }

    func tracefs() throws -> Tracefs {
        do { return try Tracefs() } catch { throw Refusal(.hostCannot, "\(error)") }
    }

    /// Everybody who takes the events.
    func consumers(_ output: TraceOutput, whenAbandoned: TraceRows.Abandonment) -> [any TraceConsumer] {
        let request = request
        let writing = TraceWriter.Options(
            options.format, isWide: options.wide, showsOperations: request.showsOperations,
            isColoured: options.color.applies(to: output, environment: environment))
        return [
            TraceRows(
                writing, to: output, filter: request.filter, stop: stop, whenAbandoned: whenAbandoned, say: Self.say)
        ]
    }

    /// Attaches the programs; everything that happens in scope from then on is an event.
    func attach(
        _ scope: TraceSelection.Scope, to consumers: [any TraceConsumer], tracefs: borrowing Tracefs,
        showsProgress: Bool
    ) throws -> TraceRun {
        let request = request
        let source = try source(request.selection(of: scope), tracefs: tracefs)
        return TraceRun(
            source, to: consumers, namesOwners: request.needsOwners, stop: stop,
            progress: showsProgress && !options.quiet ? ProgressLine() : nil)
    }

    private func source(_ selection: TraceSelection, tracefs: borrowing Tracefs) throws -> any TraceSource {
        // To read the kernel's types takes 17 MiB for a moment.
        MemoryUse.forgetStart()
        do {
            let kernel = try KernelTrace(
                selection, tracefs: tracefs.path, release: KernelRelease(HostNames.kernelRelease),
                bufferBytes: options.buffer)
            for missing in kernel.missing { Self.say("not everything is seen here: \(missing)") }
            return kernel
        } catch {
            throw Refusal(.hostCannot, "\(error)")
        }
    }

    /// Says what there is to say at the end; nil when all is well.
    func conclude(_ result: TraceRun.Result) -> ExitStatus {
        let account = result.account
        if let failure = result.failure { Self.say("the trace ended early: \(failure)") }
        if !options.quiet || !account.isWhole { Self.say(TraceTrailer(account).text) }
        if result.failure != nil || account.unwritten > 0 || (options.strict && !account.isWhole) { return .failed }
        return .fine
    }
}

extension Refusal {
    init(_ refusal: TraceRefusal) {
        let status: ExitStatus =
            switch refusal.reason {
            case .argument: .badArguments
            case .host: .hostCannot
            case .failure, .commandNotFound, .commandNotExecutable: .failed
            }
        self.init(status, refusal.description)
    }
}
