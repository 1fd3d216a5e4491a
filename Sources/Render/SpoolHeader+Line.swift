package import Model

extension SpoolHeader {
    /// The line up to the checksum, which covers it and the body.
    package var covered: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("spool", 1)
            json.member("id", id)
            json.member("sequence", sequence)
            json.member("rows", name.rows)
            json.member("window_start", name.start.text)
            json.member("window_end", name.end.text)
            json.member("content_type", contentType)
            json.member("encoding", encoding)
            json.member("bytes", bytes)
        }
        return Array(json.bytes.dropLast())
    }

    /// Reads what `covered` wrote into the file of that name; nil for everything else.
    ///
    /// Another name than the one it was written under is another batch: rows and window are told by both.
    package init?(covered: ArraySlice<UInt8>, name: SpoolName) {
        guard let members = FlatObject.members(of: covered + [UInt8(ascii: "}")]),
            case .string(let id) = members["id"], case .number(let sequence) = members["sequence"],
            case .string(let contentType) = members["content_type"],
            case .number(let bytes) = members["bytes"], bytes <= UInt64(Int64.max)
        else { return nil }
        var encoding: String?
        if case .string(let name) = members["encoding"] { encoding = name }
        self.init(
            id: id, sequence: sequence, name: name, contentType: contentType, encoding: encoding, bytes: Int(bytes))
        guard self.covered.elementsEqual(covered) else { return nil }
    }
}
