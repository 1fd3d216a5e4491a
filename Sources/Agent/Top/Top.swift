internal import Export
internal import Foundation
internal import Glibc
internal import Render

/// `otagent top`: the figures of a running agent, by its local endpoint, window after window.
package struct Top: Sendable {
    /// What plain text may be of instead of units; a terminal has keys for it.
    package enum Lines: String, CaseIterable, Sendable {
        case writers, alerts, directories
    }

    private let question: EndpointQuestion

    /// - Parameter url: `http://host:port` or `unix:/path`; nil: what the settings say.
    package init(_ settings: LocalEndpointSettings?, url: String?, tokenFile: String?) throws {
        let address: EndpointAddress
        if let url {
            var settings = LocalEndpointSettings()
            settings.listen = String(url.trimmingPrefix("http://").prefix { $0 != "/" || url.hasPrefix("unix:") })
            guard let given = settings.address else {
                throw Refusal(
                    .badArguments, "the url must be like http://127.0.0.1:9469 or unix:/run/otagent/http.sock")
            }
            address = given
        } else if let configured = settings?.address {
            address = configured
        } else {
            throw Refusal(
                .badConfiguration, "the configuration has no local endpoint: set listen in [http], or give --url")
        }
        if case .tcp(_, 0) = address {
            throw Refusal(.badArguments, "the port is whatever the system chose: give --url, as the agent's log has it")
        }
        do throws(SinkProblem) {
            question = try EndpointQuestion(address, tokenFile: tokenFile ?? settings?.tokenFile)
        } catch {
            throw Refusal(.failed, "\(error)")
        }
    }

    private func look(_ view: inout TopView) throws(Refusal) -> Duration {
        let document: TopDocument = try ask("/api/v1/units")
        document.show(in: &view)
        let alerts: TopAlertDocument = try ask("/api/v1/alerts")
        (view.alerts, view.waitingAlerts) = (alerts.shown, alerts.waiting)
        return .seconds(min(max(document.window?.seconds ?? 1, 1), 60))
    }

    private func ask<Document: Decodable>(_ path: String) throws(Refusal) -> Document {
        let bytes: [UInt8]
        do throws(SinkProblem) { bytes = try question.ask(path) } catch {
            throw Refusal(.failed, "\(error); is the agent running, with [http] listen and this token_file?")
        }
        guard let document = try? TopDocument.decoder.decode(Document.self, from: Data(bytes)) else {
            throw Refusal(.failed, "the answer is not what an otagent of this version says")
        }
        return document
    }

    /// The last window as plain text.
    package func text(of lines: Lines?) throws -> String {
        var view = TopView()
        switch lines {
        case nil: break
        case .writers: view.show(.writers)
        case .alerts: view.show(.alerts)
        case .directories: view.show(.directories)
        }
        _ = try look(&view)
        return TopScreen(view, width: nil).text
    }

    /// Whether there is a terminal to draw on.
    package static var hasTerminal: Bool { Terminal.isThere }

    /// Draws until somebody asks to end.
    package func run(wishes: AsyncStream<Signals.Wish>) async throws {
        // Asked once before the screen is taken: who cannot be reached is told in a line.
        var view = TopView()
        var pause = try look(&view)
        enum Event: Sendable { case terminal(Terminal.Event), look, stop }
        let (events, send) = AsyncStream.makeStream(of: Event.self)
        let tasks = [
            Task { for await event in Terminal.events() { send.yield(.terminal(event)) } },
            Task { for await wish in wishes where wish == .stop { send.yield(.stop) } },
        ]
        defer { for task in tasks { task.cancel() } }
        let terminal = Terminal()
        var timer = Self.timer(pause) { send.yield(.look) }
        draw(view)
        loop: for await event in events {
            switch event {
            case .stop, .terminal(.ended): break loop
            case .terminal(.resized): break
            case .terminal(.key(let key)):
                let wasPaused = view.isPaused
                if view.press(key, page: max(Terminal.size.lines - TopScreen.surroundings(of: view), 1)) { break loop }
                if wasPaused, !view.isPaused { send.yield(.look) }
            case .look:
                timer.cancel()
                if view.isPaused { continue }
                do throws(Refusal) { pause = try look(&view) } catch { view.title = "otagent top   \(error)" }
                timer = Self.timer(pause) { send.yield(.look) }
            }
            draw(view)
        }
        timer.cancel()
        _ = consume terminal
    }

    private static func timer(_ pause: Duration, _ ring: @escaping @Sendable () -> Void) -> Task<Void, Never> {
        Task {
            do { try await Task.sleep(for: pause) } catch { return }
            ring()
        }
    }

    private func draw(_ view: TopView) {
        let size = Terminal.size
        Terminal.draw(TopScreen(view, width: size.columns).lines(height: size.lines))
    }
}
