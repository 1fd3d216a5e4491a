internal import Foundation
internal import Model
internal import Render

/// What `/api/v1/units` and `/api/v1/status` answer, as far as it is shown.
struct TopDocument: Decodable {
    struct Window: Decodable {
        let end: String
        let seconds: Double
    }

    struct Ring: Decodable { let writes: UInt64? }

    struct Counters: Decodable {
        let opens, openFailures, creates, writes, writeBytes, writeFailures: UInt64?
        let ioUring: [String: Ring]

        var ringWrites: UInt64? {
            ioUring.values.reduce(0 as UInt64?) { sum, ring in sum.flatMap { sum in ring.writes.map { sum &+ $0 } } }
        }
    }

    struct Writer: Decodable {
        let exe: String?
        let comm: String
        let uid: UInt32?
        let creates, writes, writeBytes: UInt64?
    }

    struct Unit: Decodable {
        let unit, userUnit, slice, container, cgroup: String?
        let window: Counters
        let writers: [Writer]

        var name: String { userUnit ?? unit ?? container ?? cgroup ?? slice ?? "?" }

        var place: String {
            let parts = [userUnit == nil ? nil : unit, slice, container].compactMap { $0 }.filter { $0 != name }
            return parts.joined(separator: ", ")
        }
    }

    let window: Window?
    let units: [Unit]

    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    /// Puts what the document says into a view.
    func show(in view: inout TopView) {
        let seconds = max(window?.seconds ?? 1, 0.001)
        view.title =
            window.map { "otagent top   until \($0.end.prefix(19)) UTC" } ?? "otagent top   no window has closed yet"
        view.units = units.map { unit in
            let window = unit.window
            return TopView.Row(
                name: unit.name, place: unit.place, written: Double(window.writeBytes ?? 0) / seconds,
                writes: Double(window.writes ?? 0) / seconds, opens: window.opens.map { Double($0) / seconds },
                creates: window.creates ?? 0,
                failures: window.openFailures.flatMap { opens in window.writeFailures.map { opens &+ $0 } },
                ringWrites: window.ringWrites, windowWrites: window.writes ?? 0)
        }
        view.writers = units.flatMap { unit in
            unit.writers.map { writer in
                let who = writer.comm == "*" ? "all others" : "\(writer.comm) \(writer.exe ?? "-")"
                return TopView.Row(
                    name: writer.uid.map { "\(who) uid \($0)" } ?? who, place: unit.name,
                    written: Double(writer.writeBytes ?? 0) / seconds, writes: Double(writer.writes ?? 0) / seconds,
                    creates: writer.creates ?? 0)
            }
        }
    }
}

/// What `/api/v1/alerts` answers, as far as it is shown.
struct TopAlertDocument: Decodable {
    struct Container: Decodable { let id, name: String? }
    struct Cgroup: Decodable { let path: String? }

    struct Alert: Decodable {
        let time, op: String
        let unit, userUnit, slice, exe, comm, path: String?
        let container: Container?
        let cgroup: Cgroup?
    }

    let alerts: [Alert]
    let waiting: Int

    var shown: [TopAlert] {
        alerts.map { alert in
            let container = alert.container.flatMap { $0.name ?? $0.id.map { String($0.prefix(12)) } }
            return TopAlert(
                time: alert.time, operation: alert.op, path: alert.path, program: alert.comm ?? alert.exe ?? "?",
                place: alert.userUnit ?? alert.unit ?? container ?? alert.cgroup?.path ?? alert.slice ?? "?")
        }
    }
}
