internal import Export
internal import Logging
internal import Machine
internal import Model

/// The local endpoint of a running agent: opened from settings, moved by a reload, stopped at the end.
actor LocalEndpoint {
    /// Where it is to listen from now on; closed again when nobody takes it.
    struct Place: Sendable {
        fileprivate let listener: EndpointListener
        fileprivate let access: EndpointAccess
    }

    /// What it shows; nil when there is no endpoint.
    private(set) var state: EndpointState?
    private var server: EndpointServer?
    private var settings = LocalEndpointSettings()
    private var listener: EndpointListener?
    private var identity: Pipeline.Identity?
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// Listens, if it is to: before the programs are loaded, since a taken port must not cost the time for that.
    func start(_ settings: Settings) throws(Refusal) { try follow(settings, at: place(for: settings)) }

    /// Counting begins.
    func begin(_ identity: Pipeline.Identity) {
        self.identity = identity
        state?.begin(agent: identity.agent, host: identity.host)
    }

    /// Where new settings want it to be; nil when that is nowhere, or where it is.
    func place(for settings: Settings) throws(Refusal) -> Place? {
        guard let address = settings.http.address else { return nil }
        let access = EndpointAccess(address, tokenFile: settings.http.tokenFile)
        try Self.probe(access)
        do throws(SinkProblem) {
            if let listener, listener.address == address { return Place(listener: listener, access: access) }
            let listener = try EndpointListener(address, allowRemote: settings.http.allowRemote)
            return Place(listener: listener, access: access)
        } catch {
            throw Refusal(.failed, "[http] listen: \(error)")
        }
    }

    /// Takes a place that was found for these settings.
    func follow(_ settings: Settings, at place: Place?) throws(Refusal) {
        self.settings = settings.http
        guard let place else { return close() }
        let state =
            state
            ?? EndpointState(
                expireAfter: settings.http.expireAfter, interval: settings.agent.interval, rules: settings.alertSources,
                monotonic: { Clock.monotonic })
        if self.state == nil, let identity { state.begin(agent: identity.agent, host: identity.host) }
        state.follow(
            expireAfter: settings.http.expireAfter, interval: settings.agent.interval, rules: settings.alertSources)
        if let server {
            server.move(to: place.listener, access: place.access)
        } else {
            let log = EndpointLog(logger)
            do throws(SinkProblem) {
                server = try EndpointServer(place.listener, access: place.access, content: state) { log.note($0) }
            } catch {
                throw Refusal(.failed, "[http] listen: \(error)")
            }
        }
        if listener !== place.listener { logger.info("local endpoint: \(place.listener.bound.shown)") }
        (self.state, listener) = (state, place.listener)
    }

    /// Ends it and waits until its address is free.
    func stop() async {
        let server = server
        close()
        await server?.stop()
    }

    private func close() { (server, state, listener) = (nil, nil, nil) }

    private static func probe(_ access: EndpointAccess) throws(Refusal) {
        do throws(SinkProblem) { try access.probe() } catch { throw Refusal(.failed, "[http] token_file: \(error)") }
    }

    /// Whether the address can be had.
    static func probe(_ settings: LocalEndpointSettings) throws(Refusal) {
        guard let address = settings.address else { return }
        try probe(EndpointAccess(address, tokenFile: settings.tokenFile))
        do throws(SinkProblem) {
            _ = try EndpointListener(address, allowRemote: settings.allowRemote)
        } catch {
            throw Refusal(.failed, "[http] listen: \(error)")
        }
    }
}

extension Settings {
    /// What may raise alerts.
    fileprivate var alertSources: [Alert.Source] {
        watch.indices.map { Alert.Source(.unexpectedWriter, rule: "watch[\($0)]") }
            + (baseline.enabled ? [Alert.Source(.newWriter, rule: "baseline")] : [])
    }
}

extension LocalEndpointSettings {
    /// Where to listen; nil for nowhere.
    var address: EndpointAddress? {
        guard let listen else { return nil }
        if listen.hasPrefix("unix:") { return .unix(path: String(listen.dropFirst("unix:".count))) }
        guard let (host, port) = WebAddress.hostAndPort(listen[...]), let port = port.flatMap({ UInt16($0) }) else {
            return nil
        }
        return .tcp(host: host, port: port)
    }
}

extension EndpointAddress {
    /// As a person would go there.
    fileprivate var shown: String {
        if case .unix = self { description } else { "http://\(description)/" }
    }
}
