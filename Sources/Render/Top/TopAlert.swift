/// An unexpected writer, as `otagent top` shows it.
package struct TopAlert: Sendable, Equatable {
    /// RFC 3339, in UTC.
    package var time: String
    package var operation: String
    /// Absent when nobody could tell.
    package var path: String?
    package var program: String
    /// Its unit, container, cgroup or slice.
    package var place: String

    package init(time: String, operation: String, path: String?, program: String, place: String) {
        (self.time, self.operation, self.path, self.program, self.place) = (time, operation, path, program, place)
    }

    /// Of the day.
    var clock: String { String(time.dropFirst("2026-11-22T".count).prefix("12:00:00".count)) }

    var directory: String? {
        guard let path, let slash = path.lastIndex(of: "/") else { return nil }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// A directory in which there were unexpected writers.
package struct TopDirectory: Sendable, Equatable {
    package var name: String
    package var alerts: Int
    package var programs: Int
    /// The newest of them.
    package var last: TopAlert
    /// Each once, those of the newest alerts first.
    package var places: [String]

    /// Those of alerts, the newest first, by how many there are; paths that nobody could tell are in none.
    static func all(of alerts: [TopAlert]) -> [Self] {
        var directories: [Self] = []
        var positions: [String: Int] = [:]
        var programs: [String: Set<String>] = [:]
        for alert in alerts {
            guard let name = alert.directory else { continue }
            programs[name, default: []].insert(alert.program)
            guard let position = positions[name] else {
                positions[name] = directories.count
                directories.append(Self(name: name, alerts: 1, programs: 1, last: alert, places: [alert.place]))
                continue
            }
            directories[position].alerts += 1
            directories[position].programs = programs[name]?.count ?? 1
            if !directories[position].places.contains(alert.place) { directories[position].places.append(alert.place) }
        }
        return directories.sorted { ($1.alerts, $0.name) < ($0.alerts, $1.name) }
    }
}
