internal import Model

/// One metric of units: how it is called, and which counters are its points.
struct OTLPUnitMetric: Sendable {
    enum Source: Sendable {
        case counter(Counter)
        /// One point for each way through io_uring.
        case ways([(way: String, counter: Counter)])
        /// One point for each errno.
        case errors(FailingOperation)
    }

    let name: String
    /// In UCUM; what is in braces is for people.
    let unit: String
    let description: String
    let source: Source

    private init(_ name: String, _ unit: String, _ description: String, _ source: Source) {
        (self.name, self.unit, self.description, self.source) = ("otagent.file." + name, unit, description, source)
    }

    private init(_ name: String, _ unit: String, _ description: String, _ counter: Counter) {
        self.init(name, unit, description, .counter(counter))
    }

    private init(
        ring name: String, _ unit: String, _ description: String, _ inline: Counter, _ worker: Counter,
        _ sqpoll: Counter
    ) {
        let ways = [("inline", inline), ("worker", worker), ("sqpoll", sqpoll)]
        self.init("io_uring." + name, unit, description, .ways(ways.map { (way: $0.0, counter: $0.1) }))
    }

    /// Every counter there is, in the order in which metrics are written; docs/otlp.md has them all.
    static let all: [Self] = [
        .init("opens", "{open}", "Files opened", .opens),
        .init("opens_for_write", "{open}", "Files opened for writing; they are opens, too", .opensForWrite),
        .init("path_opens", "{open}", "Opens with O_PATH, which open no data", .pathOpens),
        .init("open.failures", "{failure}", "Opens that failed", .openFailures),
        .init("open.errors", "{failure}", "Opens that failed, by errno", .errors(.open)),
        .init("creates", "{create}", "Regular files that came into being", .creates),
        .init("writes", "{write}", "Completed writes to regular files", .writes),
        .init("write.size", "By", "Bytes that writes to regular files returned", .writeBytes),
        .init("write.failures", "{failure}", "Writes to regular files that failed", .writeFailures),
        .init("write.errors", "{failure}", "Writes to regular files that failed, by errno", .errors(.write)),
        .init("deletes", "{delete}", "Files and directories deleted", .deletes),
        .init("renames", "{rename}", "Files and directories renamed", .renames),
        .init("mkdirs", "{mkdir}", "Directories made", .mkdirs),
        .init("mknods", "{mknod}", "Special files made", .mknods),
        .init("symlinks", "{symlink}", "Symbolic links made", .symlinks),
        .init("links", "{link}", "Hard links made", .links),
        .init("truncates", "{truncate}", "Files truncated by truncate or ftruncate", .truncates),
        .init("allocates", "{allocate}", "Calls of fallocate", .allocates),
        .init("syncs", "{sync}", "Files synchronised with their disk", .syncs),
        .init("shared_maps", "{map}", "Shared writable mappings of regular files", .sharedMaps),
        .init("device_writes", "{write}", "Completed writes to block devices", .deviceWrites),
        .init("pseudo.opens", "{open}", "Opens on pseudo file systems", .pseudoOpens),
        .init("pseudo.writes", "{write}", "Writes on pseudo file systems", .pseudoWrites),
        .init("pseudo.write.size", "By", "Bytes written on pseudo file systems", .pseudoWriteBytes),
        .init(
            ring: "opens", "{open}", "The part of the opens done through io_uring", .inlineOpens, .workerOpens,
            .sqpollOpens),
        .init(
            ring: "creates", "{create}", "The part of the creates done through io_uring", .inlineCreates,
            .workerCreates, .sqpollCreates),
        .init(
            ring: "writes", "{write}", "The part of the writes done through io_uring", .inlineWrites, .workerWrites,
            .sqpollWrites),
        .init(
            ring: "write.size", "By", "The part of the bytes written through io_uring", .inlineWriteBytes,
            .workerWriteBytes, .sqpollWriteBytes),
    ]
}
