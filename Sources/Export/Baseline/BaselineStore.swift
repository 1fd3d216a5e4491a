package import Model
import Render
import SystemPackage

/// Where a baseline is kept between two starts: one file in the state directory, replaced as a whole.
package struct BaselineStore: Sendable {
    /// What the disk would not do.
    package struct Trouble: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    package struct Kept: Sendable {
        package var baseline: Baseline
        package var saved: Timestamp
    }

    /// What there is to go on from.
    package enum Content: Sendable {
        case none
        case kept(Kept)
        /// The file is not one, for this reason.
        case damaged(String)
    }

    package static var fileName: String { "baseline.ndjson" }
    /// As many that were put aside are kept.
    private static var mostAside: Int { 4 }

    private let directory: FilePath
    private let files: any FileOperations

    package init(in stateDirectory: String) { self.init(in: stateDirectory, files: HostFiles()) }

    init(in stateDirectory: String, files: any FileOperations) {
        (directory, self.files) = (FilePath(stateDirectory), files)
    }

    package var path: String { directory.appending(Self.fileName).string }

    /// Reads the file; changes nothing.
    package func read(learnFor: Duration) throws(Trouble) -> Content {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try files.beginning(of: directory.appending(Self.fileName), upTo: BaselineFile.mostBytes)
        } catch {
            if error == .noSuchFileOrDirectory { return .none }
            // A link, a pipe, a directory: somebody else's.
            if error == .invalidArgument || error == .tooManySymbolicLinkLevels { return .damaged("it is no file") }
            throw Trouble(description: "cannot read '\(path)': \(error)")
        }
        do throws(BaselineFile.Damage) {
            let (baseline, saved) = try BaselineFile.baseline(in: bytes, learnFor: learnFor)
            return .kept(Kept(baseline: baseline, saved: saved))
        } catch {
            return .damaged(error.reason)
        }
    }

    /// Gives the file another name, so that nothing is lost of it; answers which.
    package func putAside(at now: Timestamp) throws(Trouble) -> String {
        let prefix = "baseline.corrupt-"
        let name = prefix + now.exactText
        do throws(Errno) {
            try files.rename(directory.appending(Self.fileName), to: directory.appending(name))
            let aside = try files.files(in: directory).map(\.name).filter { $0.string.hasPrefix(prefix) }
            for old in aside.sorted(by: { $0.string < $1.string }).dropLast(Self.mostAside) {
                try files.remove(directory.appending(old))
            }
        } catch {
            throw Trouble(description: "cannot put '\(path)' aside: \(error)")
        }
        return name
    }

    /// Puts a baseline in place of what is there; a crash leaves the one or the other, whole.
    package func save(_ baseline: Baseline, at now: Timestamp) throws(Trouble) {
        try put(BaselineFile.bytes(of: baseline, saved: now), as: Self.fileName)
    }

    private func put(_ bytes: [UInt8], as name: String) throws(Trouble) {
        do throws(Errno) {
            try files.put(bytes, as: name, in: directory)
        } catch {
            throw Trouble(description: "cannot write '\(directory.appending(name))': \(error)")
        }
    }
}

extension FileOperations {
    /// Makes or replaces a file, so that after a crash it is the old or the new one, whole.
    func put(_ bytes: [UInt8], as name: String, in directory: FilePath) throws(Errno) {
        let temporary = directory.appending(".\(name).tmp")
        let file = try create(temporary)
        do throws(Errno) {
            try write(bytes, to: file)
            try sync(file)
        } catch {
            close(file)
            try? remove(temporary)
            throw error
        }
        close(file)
        try rename(temporary, to: directory.appending(name))
        try syncDirectory(directory)
    }
}
