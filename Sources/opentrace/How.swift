import Agent
import ArgumentParser
import Foundation
import Model
import Render
import Tracer

/// `opentrace how`
struct How: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "how", abstract: "How a file came to be: who made it and from what, as far back as the traces go.",
        discussion: "Ends with 1 when none of the traces tells.")

    @Argument(help: ArgumentHelp("The file, by its path in the traces.", valueName: "file")) var file: String
    @Argument(
        help: ArgumentHelp(
            "Saved traces, of which the later ones may use what the earlier ones made.", valueName: "trace"))
    var traces: [String]
    @OptionGroup var noise: NoiseOptions

    func validate() throws {
        guard !traces.isEmpty else { throw ValidationError("a saved trace is missing") }
        guard traces.count(where: { $0 == "-" }) < 2 else { throw ValidationError("there is only one standard input") }
    }

    func run() throws {
        let runs = try traces.map { try Saved.run($0).history }
        let inOrder = runs.enumerated().sorted { left, right in
            guard let first = left.element.start, let second = right.element.start, first != second else {
                return left.offset < right.offset
            }
            return first < second
        }.map(\.element)
        let noise = try noise.noise()
        for name in names {
            guard let lineage = FileLineage(of: name, in: inOrder, noise: noise) else { continue }
            return try Destination(nil, force: false).write(lineage.text(of: inOrder))
        }
        let count = traces.count == 1 ? "this trace does not show" : "none of these traces shows"
        throw Refusal(.failed, "\(count) how \(names[0].path.legible) came to be")
    }

    /// What it may be called: its path from here, with the links above it followed, or as it was passed.
    private var names: [FileName] {
        let folder = FileManager.default.currentDirectoryPath
        let absolute = FileName(FileName.simplified(ByteString(file.hasPrefix("/") ? file : "\(folder)/\(file)")))
        var names = [absolute]
        if let parent = absolute.parent?.path.text, let real = realpath(parent, nil) {
            defer { free(real) }
            let above = String(cString: real)
            names.append(FileName(ByteString("\(above == "/" ? "" : above)/\(absolute.lastComponent)")))
        }
        return names + [FileName(ByteString(file))]
    }
}
