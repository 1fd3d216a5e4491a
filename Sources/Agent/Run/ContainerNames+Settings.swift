internal import Logging
internal import Machine
internal import Model

extension ContainerReader.Sources {
    /// Nil when nobody is to be asked.
    init?(_ settings: ContainerSettings) {
        guard settings.names || !settings.sockets.isEmpty else { return nil }
        self.init(
            root: settings.names ? "/" : nil, stateDirectories: settings.stateDirs,
            sockets: settings.sockets.map { socket in
                DockerSocket(path: String(socket.dropFirst("unix:".count)), timeout: settings.socketTimeout)
            })
    }
}

extension ContainerNames {
    /// Who looks names up as the configuration says, on a host whose tree is mounted there; nil for nobody.
    static func asking(_ settings: ContainerSettings, mount: ByteString, logger: Logger) -> ContainerNames? {
        guard let sources = ContainerReader.Sources(settings) else { return nil }
        // Each socket may take its whole time, and the files some.
        let limit = Duration.seconds(5) + settings.socketTimeout * settings.sockets.count
        return ContainerNames(sources, limit: limit, makers: CgroupMakers(mount: mount)) { reason in
            logger.warning("the name of a container could not be looked up: \(reason)")
        }
    }
}
