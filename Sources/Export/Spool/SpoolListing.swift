import Model
import Render
package import SystemPackage

/// What lies in the spool of one output, for a person to look at: reads alone, also beside a running agent.
package struct SpoolListing: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case waiting, rejected, corrupt
    }

    /// One file.
    package struct Batch: Sendable {
        package var state: State
        package var path: FilePath
        package var file: String
        /// Absent when nothing tells it.
        package var id: String?
        package var sequence: UInt64?
        package var rows: Int?
        package var windowStart: String?
        package var windowEnd: String?
        /// Of the file.
        package var bytes: Int
        /// Seconds since the end of the window, by the wall clock; absent when the window is.
        package var age: Int?
        /// What is wrong with it; absent where nothing is, or nobody looked.
        package var damage: String?
    }

    package let output: String
    private let folder: FilePath
    private let files = HostFiles()

    package init(output: String, folder: String) { (self.output, self.folder) = (output, FilePath(folder)) }

    /// Every file, oldest first: those that wait, those that were rejected, those that are corrupt.
    ///
    /// - Parameter verifying: whether each is read to its end and compared with its checksum.
    package func batches(verifying: Bool = false) throws(SinkProblem) -> [Batch] {
        var batches: [Batch] = []
        for state in State.allCases {
            let place = folder(of: state)
            do throws(Errno) {
                let found = try files.files(in: place).filter { file in
                    file.kind != .directory && !file.name.string.hasPrefix(Spool.temporary)
                }
                batches += found.sorted { $0.name.string < $1.name.string }
                    .compactMap { batch($0, in: place, state, verifying: verifying) }
            } catch .noSuchFileOrDirectory {
                continue
            } catch {
                throw .refused(action: "read", path: place.string, error)
            }
        }
        return batches
    }

    /// How many wait, their rows, and how many lie aside, by their names alone.
    package func total() throws(SinkProblem) -> (waiting: Int, rows: Int, aside: Int) {
        var total = (waiting: 0, rows: 0, aside: 0)
        for state in State.allCases {
            let place = folder(of: state)
            do throws(Errno) {
                for file in try files.files(in: place) where file.kind == .regular {
                    if state != .waiting {
                        total.aside += 1
                    } else if let name = SpoolName(file.name.string) {
                        total.waiting += 1
                        total.rows += name.rows
                    }
                }
            } catch .noSuchFileOrDirectory {
                continue
            } catch {
                throw .refused(action: "read", path: place.string, error)
            }
        }
        return total
    }

    /// The header line and the unpacked body, piece by piece; throws when the file is not what was written.
    package func show(_ batch: Batch, to take: ([UInt8]) -> Void) throws(SinkProblem) {
        guard let name = SpoolName(batch.file) else {
            throw .wrongKind(path: batch.path.string, what: "it is no spooled batch")
        }
        let whole: Result<[UInt8], SpoolFile.Damage>
        do throws(Errno) { whole = try read(batch.path, of: batch.bytes, name: name) } catch {
            throw .refused(action: "read", path: batch.path.string, error)
        }
        do throws(SpoolFile.Damage) {
            let bytes = try whole.get()
            let (header, body) = try SpoolFile.read(bytes, name: name)
            take(Array(bytes[..<body.startIndex]))
            if header.encoding == nil { return take(Array(body)) }
            guard header.encoding == "gzip" else {
                throw SpoolFile.Damage("nothing here unpacks \(header.encoding ?? "")")
            }
            guard Unpacked.each(of: body, to: take) else { throw SpoolFile.Damage("its body cannot be unpacked") }
        } catch {
            throw .wrongKind(path: batch.path.string, what: error.reason)
        }
    }

    /// Removes the file; one that is gone already is fine.
    package func remove(_ batch: Batch) throws(SinkProblem) {
        do throws(Errno) { try files.remove(batch.path) } catch .noSuchFileOrDirectory {} catch {
            throw .refused(action: "remove", path: batch.path.string, error)
        }
    }

    /// The outputs that have a spool below the folder, in the order of their names.
    package static func outputs(below folder: String) -> [String] {
        let found = (try? HostFiles().files(in: FilePath(folder))) ?? []
        return found.filter { $0.kind == .directory }.map(\.name.string).sorted()
    }

    /// The whole file, when its header tells the length it has: one that grew may be of any size.
    private func read(
        _ path: FilePath, of size: Int, name: SpoolName
    ) throws(Errno) -> Result<[UInt8], SpoolFile.Damage> {
        let beginning = try files.beginning(of: path, upTo: SpoolHeader.mostBytes)
        do throws(SpoolFile.Damage) {
            try SpoolFile.checkLength(size, header: try SpoolFile.header(of: beginning, name: name))
        } catch {
            return .failure(error)
        }
        return .success(try files.beginning(of: path, upTo: size))
    }

    private func folder(of state: State) -> FilePath {
        state == .waiting ? folder : folder.appending(state.rawValue)
    }

    /// Nil when it is gone by now: an agent may have sent it.
    private func batch(_ file: FoundFile, in place: FilePath, _ state: State, verifying: Bool) -> Batch? {
        let path = place.appending(file.name)
        var batch = Batch(state: state, path: path, file: file.name.string, bytes: file.size)
        guard file.kind == .regular, let name = SpoolName(file.name.string) else {
            batch.damage = "it is no spooled batch"
            return batch
        }
        (batch.rows, batch.windowStart, batch.windowEnd) = (name.rows, name.start.text, name.end.text)
        batch.age = Int(clamping: (Timestamp.current.nanoseconds - name.end.nanoseconds) / 1_000_000_000)
        do throws(Errno) {
            let bytes = try files.beginning(of: path, upTo: SpoolHeader.mostBytes)
            let whole = try verifying ? read(path, of: file.size, name: name) : nil
            do throws(SpoolFile.Damage) {
                let header = try SpoolFile.header(of: bytes, name: name).header
                (batch.id, batch.sequence) = (header.id, header.sequence)
                if let whole { _ = try SpoolFile.read(try whole.get(), name: name) }
            } catch {
                batch.damage = error.reason
            }
        } catch .noSuchFileOrDirectory {
            return nil
        } catch {
            batch.damage = "it cannot be read: \(error)"
        }
        return batch
    }
}
