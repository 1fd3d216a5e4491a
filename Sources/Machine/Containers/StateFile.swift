internal import FoundationEssentials
internal import Glibc
internal import Model

/// A file in which a runtime keeps what it knows: not ours, so neither its size nor its kind is trusted.
enum StateFile {
    /// What one container has in a file of its own.
    static let small = 4 << 20
    /// What all containers have in one file.
    static let large = 32 << 20

    /// The whole of a regular file; nil when there is none.
    ///
    /// A symbolic link in the last place is not followed, a FIFO not waited for.
    /// - Parameter owner: the user who must have written it, and may lead the way to it anywhere; nil for anyone.
    static func bytes(_ path: String, limit: Int = small, owner: UInt32? = nil) throws(LookupFailure) -> [UInt8]? {
        guard !path.utf8.contains(0), path.utf8.count < PATH_MAX else { return nil }
        if let owner {
            guard let place = UsersPlace(ByteString(path), of: owner) else { return nil }
            guard place.owner == owner else { throw LookupFailure("\(path) is not of user \(owner)") }
            guard place.size <= limit else { throw LookupFailure("\(path) has more than \(limit) bytes") }
            guard let bytes = place.contents(limit: limit) else {
                throw LookupFailure("\(path) is no regular file, or cannot be read")
            }
            return bytes
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR, ENAMETOOLONG: return nil
            case let error: throw LookupFailure("cannot open \(path): \(String(cString: strerror(error)))")
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw LookupFailure("\(path) is no regular file")
        }
        do {
            let bytes = try readFile(descriptor, path, limit: limit + 1)
            guard bytes.count <= limit else { throw LookupFailure("\(path) has more than \(limit) bytes") }
            return bytes
        } catch let error as SystemError {
            throw LookupFailure("\(error)")
        } catch let error as LookupFailure {
            throw error
        } catch {
            throw LookupFailure("cannot read \(path)")
        }
    }

    static func json<Shape: Decodable>(
        _ shape: Shape.Type, at path: String, limit: Int = small, owner: UInt32? = nil
    ) throws(LookupFailure) -> Shape? {
        guard let bytes = try bytes(path, limit: limit, owner: owner) else { return nil }
        return try json(shape, in: bytes, named: path)
    }

    static func json<Shape: Decodable>(
        _ shape: Shape.Type, in bytes: [UInt8], named name: String
    ) throws(LookupFailure) -> Shape {
        do { return try JSONDecoder().decode(shape, from: Data(bytes)) } catch {
            throw LookupFailure("\(name) is not the JSON that was expected")
        }
    }

    /// The names in a directory, at most `limit`; none when there is no such directory.
    ///
    /// - Parameter owner: who may lead the way to it anywhere; nil for nobody but root.
    static func names(in path: String, limit: Int = 20_000, owner: UInt32? = nil) -> [ByteString] {
        if let owner {
            return UsersPlace(ByteString(path), of: owner)?.names(limit: limit) ?? []
        }
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [ByteString] = []
        while names.count < limit, let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                ByteString(Array($0.prefix { $0 != 0 }))
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

extension ByteString {
    /// As one directory or file name in a path that is put together; nil for what would lead elsewhere.
    var asFileName: String? {
        guard let text, !text.isEmpty, text != ".", text != "..", text.utf8.count <= 255 else { return nil }
        return text.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 } ? nil : text
    }

    /// A name out of a file; nil when it is empty or longer than any name or image is.
    static func name(_ text: String?) -> ByteString? {
        guard let text, !text.isEmpty, text.utf8.count <= 1024 else { return nil }
        return ByteString(text)
    }
}
