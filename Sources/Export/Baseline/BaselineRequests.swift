package import Model
import Render
import SystemPackage

/// What commands ask of whoever has the baseline: a file for each edit in a folder of the state directory.
///
/// Whoever holds the lock on the state directory, the agent or a command, does them in the order in which they came, writes
/// the baseline, puts an answer beside the request and only then removes it. So none is lost by a kill; one may be done
/// twice, which changes nothing more.
package struct BaselineRequests: Sendable {
    package struct Request: Sendable, Equatable {
        package var name: String
        /// Nil for what is no request.
        package var edit: BaselineEdit?
    }

    package static var folderName: String { "baseline.requests" }
    private static var suffix: String { ".edit" }
    private static var answerSuffix: String { ".done" }
    /// An answer that nobody has taken for so long is nobody's any more.
    private static var answerLife: Duration { .seconds(3600) }
    private static var mostBytes: Int { 1 << 20 }

    private let folder: FilePath
    private let files: any FileOperations

    package init(in stateDirectory: String) { self.init(in: stateDirectory, files: HostFiles()) }

    init(in stateDirectory: String, files: any FileOperations) {
        (folder, self.files) = (FilePath(stateDirectory).appending(Self.folderName), files)
    }

    // MARK: For who asks

    /// Leaves a request; answers what it is called.
    package func ask(_ edit: BaselineEdit, at now: Timestamp) throws(BaselineStore.Trouble) -> String {
        let chance = UInt64.random(in: .min ... .max)
        let name = "\(Self.padded(now.nanoseconds))-\(String(chance, radix: 16))\(Self.suffix)"
        do throws(Errno) {
            try files.makeDirectory(folder)
            try files.put(BaselineRequestText.bytes(of: edit), as: name, in: folder)
        } catch {
            throw BaselineStore.Trouble(description: "cannot write '\(folder.appending(name))': \(error)")
        }
        return name
    }

    /// Takes the answer to a request; nil when there is none yet.
    package func takeAnswer(to name: String) -> BaselineEdit.Outcome? {
        let path = folder.appending(name + Self.answerSuffix)
        guard let bytes = try? files.beginning(of: path, upTo: Self.mostBytes),
            let outcome = BaselineRequestText.outcome(in: bytes)
        else { return nil }
        try? files.remove(path)
        return outcome
    }

    /// Takes back a request that nobody has done.
    package func withdraw(_ name: String) { try? files.remove(folder.appending(name)) }

    // MARK: For who has the baseline

    /// What was asked for, the oldest first.
    package func waiting() -> [Request] {
        let names = ((try? files.files(in: folder)) ?? []).map(\.name.string).filter { $0.hasSuffix(Self.suffix) }
        return names.filter { !$0.hasPrefix(".") }.sorted().map { name in
            let bytes = try? files.beginning(of: folder.appending(name), upTo: Self.mostBytes)
            return Request(name: name, edit: bytes.flatMap(BaselineRequestText.edit))
        }
    }

    /// Ends a request that was done and is on disk.
    package func answer(_ request: Request, _ outcome: BaselineEdit.Outcome?) throws(BaselineStore.Trouble) {
        do throws(Errno) {
            if let outcome {
                try files.put(BaselineRequestText.bytes(of: outcome), as: request.name + Self.answerSuffix, in: folder)
            }
            try files.remove(folder.appending(request.name))
        } catch {
            throw BaselineStore.Trouble(description: "cannot answer '\(folder.appending(request.name))': \(error)")
        }
    }

    /// Removes answers whose askers have gone.
    package func sweep(at now: Timestamp) {
        let life = Int64(Self.answerLife / .nanoseconds(1))
        for file in (try? files.files(in: folder)) ?? [] where file.name.string.hasSuffix(Self.answerSuffix) {
            guard let asked = Int64(file.name.string.prefix(20)), asked < now.nanoseconds - life else { continue }
            try? files.remove(folder.appending(file.name))
        }
    }

    private static func padded(_ number: Int64) -> String {
        let digits = String(max(number, 0))
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }
}
