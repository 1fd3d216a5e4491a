internal import Foundation
package import Model
internal import Render

/// A run as an SQLite database, for questions in SQL.
package struct RunDatabase {
    /// As docs/opentrace.md has it.
    package static let schema = """
        CREATE TABLE process (
          id INTEGER PRIMARY KEY, parent INTEGER REFERENCES process, pid INTEGER NOT NULL, ppid INTEGER, comm TEXT NOT NULL,
          uid INTEGER, unit TEXT, container TEXT, started TEXT, ended TEXT, exit_code INTEGER, signal INTEGER);
        CREATE TABLE program (
          process INTEGER NOT NULL REFERENCES process, position INTEGER NOT NULL, path TEXT, time TEXT,
          has_more_arguments INTEGER, PRIMARY KEY (process, position));
        CREATE TABLE argument (
          process INTEGER NOT NULL REFERENCES process, program INTEGER NOT NULL, position INTEGER NOT NULL,
          value TEXT NOT NULL, PRIMARY KEY (process, program, position));
        CREATE TABLE file (
          id INTEGER PRIMARY KEY, path TEXT, root TEXT, container TEXT, class TEXT NOT NULL, is_input INTEGER NOT NULL,
          is_output INTEGER NOT NULL, is_system INTEGER NOT NULL, dev TEXT, ino INTEGER);
        CREATE TABLE name (
          file INTEGER NOT NULL REFERENCES file, path TEXT NOT NULL, is_current INTEGER NOT NULL);
        CREATE TABLE use (
          file INTEGER NOT NULL REFERENCES file, process INTEGER NOT NULL REFERENCES process, acts TEXT NOT NULL,
          first_read TEXT, first_change TEXT, last_change TEXT, PRIMARY KEY (file, process));
        CREATE TABLE event (
          id INTEGER PRIMARY KEY, time TEXT, pid INTEGER NOT NULL, tid INTEGER NOT NULL, ppid INTEGER, uid INTEGER,
          cgid INTEGER NOT NULL, unit TEXT, container TEXT, comm TEXT NOT NULL, op TEXT NOT NULL, kind TEXT NOT NULL,
          flags INTEGER NOT NULL, mode INTEGER NOT NULL, filename TEXT, target TEXT, path TEXT, target_path TEXT,
          resolved TEXT, root TEXT, created INTEGER, result INTEGER, via TEXT, dev TEXT, ino INTEGER, opcode TEXT);
        CREATE INDEX file_path ON file (path);
        CREATE INDEX event_path ON event (path);
        """

    private let history: RunHistory

    package init(_ history: RunHistory) { self.history = history }

    /// - Parameters:
    ///   - owner: whose the file is to be, when it is not ours.
    ///   - events: hands over every event of the run once.
    package func write(
        to path: String, owner: TraceOutput.Owner? = nil, replaces: Bool,
        events: ((TraceEvent) throws -> Void) throws -> Void
    ) throws(TraceRefusal) {
        if !replaces, (try? FileManager.default.attributesOfItem(atPath: path)) != nil {
            throw TraceRefusal(
                .argument, "\(path.legible) is there already: choose another name, or replace it with --force")
        }
        do {
            let file = try SQLiteFile.new(path, owner: owner, schema: Self.schema)
            try writeProcesses(file)
            try writeFiles(file)
            try writeEvents(file, events)
            try file.finish(replaces: replaces)
        } catch {
            throw TraceRefusal(.failure, "\(error)")
        }
    }

    private func writeProcesses(_ file: borrowing SQLiteFile) throws {
        do {
            let rows = try file.rows(of: "process", columns: 12)
            for (number, process) in history.processes.enumerated() {
                var (code, signal) = (nil as Int32?, nil as Int32?)
                switch process.end {
                case .exited(let value): code = value
                case .killed(let value): signal = value
                case .unknown, nil: break
                }
                try rows.add([
                    .init(number), .init(process.parent), .init(process.pid), .init(process.parentPID),
                    .init(process.comm), .init(process.uid), .init(process.unit), .init(process.container),
                    .init((process.forked ?? process.firstSeen).time?.exactText), .init(process.ended?.time?.exactText),
                    .init(code), .init(signal),
                ])
            }
        }
        do {
            let rows = try file.rows(of: "program", columns: 5)
            for (number, process) in history.processes.enumerated() {
                for (position, program) in process.programs.enumerated() {
                    try rows.add([
                        .init(number), .init(position), .init(program.path), .init(program.moment.time?.exactText),
                        .init(program.arguments.map { _ in program.areArgumentsCut ? 1 : 0 }),
                    ])
                }
            }
        }
        do {
            let rows = try file.rows(of: "argument", columns: 4)
            for (number, process) in history.processes.enumerated() {
                for (program, values) in process.programs.enumerated() {
                    for (position, value) in (values.arguments ?? []).enumerated() {
                        try rows.add([.init(number), .init(program), .init(position), .init(value)])
                    }
                }
            }
        }
    }

    private func writeFiles(_ file: borrowing SQLiteFile) throws {
        let noise = PathNoise()
        let listed = history.files.indices.compactMap { number in
            history.fileClass(of: number).map { (number, history.files[number], $0) }
        }
        do {
            let rows = try file.rows(of: "file", columns: 10)
            for (number, entry, fileClass) in listed {
                let isSystem = noise.place(of: entry.name, isUntouched: fileClass.isUntouched) != .shown
                let (root, container) = entry.name.map { $0.words } ?? (nil, nil)
                try rows.add([
                    .init(number), .init(entry.name?.path), .init(root), .init(container), .init(fileClass.rawValue),
                    .init(history.isInput(number) ? 1 : 0), .init(history.isOutput(number) ? 1 : 0),
                    .init(isSystem ? 1 : 0), .init(entry.id.map { "\($0.major):\($0.minor)" }),
                    .init(entry.id.map { Int64(bitPattern: $0.inode) }),
                ])
            }
        }
        do {
            let rows = try file.rows(of: "name", columns: 3)
            for (number, entry, _) in listed {
                for name in entry.names { try rows.add([.init(number), .init(name.path), .number(1)]) }
                for name in entry.formerNames { try rows.add([.init(number), .init(name.path), .number(0)]) }
            }
        }
        do {
            let rows = try file.rows(of: "use", columns: 6)
            for (number, entry, _) in listed {
                for (process, use) in entry.uses.sorted(by: { $0.key < $1.key }) {
                    try rows.add([
                        .init(number), .init(process), .init(use.acts.words.joined(separator: ",")),
                        .init(use.firstRead?.time?.exactText), .init(use.firstChange?.time?.exactText),
                        .init(use.lastChange?.time?.exactText),
                    ])
                }
            }
        }
    }

    private func writeEvents(
        _ file: borrowing SQLiteFile, _ events: ((TraceEvent) throws -> Void) throws -> Void
    ) throws {
        do {
            let rows = try file.rows(of: "event", columns: 26)
            var number = 0
            try events { event in
                let actor = event.actor
                try rows.add([
                    .init(number), .init(event.time?.exactText), .init(actor.pid), .init(actor.tid),
                    .init(actor.parent),
                    .init(actor.uid), .init(Int64(bitPattern: actor.cgroup.rawValue)), .init(actor.unit),
                    .init(actor.container), .init(actor.comm), .init(event.operation.rawValue),
                    .init(event.kind.rawValue), .init(Int64(bitPattern: event.facts.flags)),
                    .init(Int64(bitPattern: event.mode)), .init(event.filename), .init(event.target), .init(event.path),
                    .init(event.targetPath), .init(event.resolution?.rawValue), .init(event.root?.rawValue),
                    .init(event.facts.created.map { $0 ? 1 : 0 }), .init(event.facts.result),
                    .init(event.via?.rawValue),
                    .init(event.file.map { "\($0.major):\($0.minor)" }),
                    .init(event.file.map { Int64(bitPattern: $0.inode) }), .init(event.opcode?.rawValue),
                ])
                number += 1
            }
        }
    }
}

extension FileName {
    fileprivate var words: (root: String?, container: ByteString?) {
        switch space {
        case .host: ("host", nil)
        case .other(let container): ("other", container)
        }
    }
}
