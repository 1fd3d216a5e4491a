// Writes numbered batches to a file with rotation until it is killed: file-writer PATH ROUND
//
// Says on standard output which batches were delivered, a line each, and "idle" when it has no more of them.
import Export
import Foundation
import Glibc
import Model

@Sendable func say(_ line: String, to descriptor: CInt = 1) {
    let bytes = Array("\(line)\n".utf8)
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}

guard CommandLine.arguments.count == 3, let round = Int(CommandLine.arguments[2]) else {
    say("usage: file-writer PATH ROUND", to: 2)
    exit(2)
}

var options = FileOptions(path: CommandLine.arguments[1])
options.rotateSize = 16 << 10
options.keepFiles = 100_000
let sink = try FileSink(name: "local", options: options) { event in
    switch event {
    case .delivered(let id, _): say(id)
    case .mended(_, let bytes): say("mended \(bytes)")
    case .trouble(let reason), .retrying(let reason, _): say("trouble \(reason)")
    default: break
    }
}
let filler = String(repeating: "0123456789abcdef", count: 20)
for number in 0..<300 {
    let id = "\(round)-\(number)"
    let lines = (0..<3).map { "{\"type\":\"unit\",\"id\":\"\(id)\",\"row\":\($0),\"filler\":\"\(filler)\"}\n" }
    sink.accept([Payload(id: id, format: .ndjson, body: Array(lines.joined().utf8), rows: 3)])
    // Some at a time, so that a kill finds it writing, and not only preparing to write.
    while sink.account.waitingPayloads > 4 { usleep(50) }
}
while sink.account.waitingPayloads > 0 { usleep(50) }
say("idle")
while true { pause() }
