extension MountTable {
    /// The table of a text such as /proc/self/mountinfo; a line that is not whole or no line of a mount is left out.
    ///
    /// `36 35 98:0 /root /mnt rw,noatime master:1 - ext4 /dev/sda1 rw`: number, number of the mount it is attached to,
    /// device, root, mount point, options, any number of optional fields, `-` and what the file system says. In the root and
    /// the mount point a blank, a tab, a newline and `\` are written as three octal digits after a `\` (proc_pid_mountinfo(5)).
    package init(parsing text: [UInt8]) {
        self.init(text.split(separator: UInt8(ascii: "\n")).compactMap(Mount.init))
    }
}

extension MountTable.Mount {
    private static let deleted = Array("//deleted".utf8)

    fileprivate init?(line: ArraySlice<UInt8>) {
        let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard fields.count >= 9, fields[6...].dropLast(2).contains([UInt8(ascii: "-")]),
            let id = Self.number(fields[0]), let parent = Self.number(fields[1]),
            let device = Self.device(fields[2])
        else { return nil }
        let point = Self.unescaped(fields[4])
        var root = Self.unescaped(fields[3])
        guard point.isAbsolutePath, !root.isEmpty else { return nil }
        let isDeleted =
            root.bytes.count > Self.deleted.count && root.bytes.suffix(Self.deleted.count) == Self.deleted[...]
        if isDeleted { root = ByteString(root.bytes.dropLast(Self.deleted.count)) }
        self.init(id: id, parent: parent, device: device, root: root, point: point)
        isRootDeleted = isDeleted
        if let dash = fields[6...].firstIndex(of: [UInt8(ascii: "-")]) {
            isProcess = fields[dash + 1] == Array("proc".utf8)[...]
        }
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int32? {
        guard let first = text.first, first != UInt8(ascii: "+") else { return nil }
        return Int32(String(decoding: text, as: UTF8.self))
    }

    private static func device(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, let major = number(parts[0]), let minor = number(parts[1]),
            0..<1 << 12 ~= major, 0..<1 << 20 ~= minor
        else { return nil }
        return UInt32(major) << 20 | UInt32(minor)
    }

    private static func unescaped(_ field: ArraySlice<UInt8>) -> ByteString {
        var bytes: [UInt8] = []
        var position = field.startIndex
        while position < field.endIndex {
            let digits = field[position...].dropFirst().prefix(3)
            if field[position] == UInt8(ascii: "\\"), digits.count == 3,
                digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "7") ~= $0 }),
                digits.first ?? 0 < UInt8(ascii: "4")
            {
                bytes.append(digits.reduce(0) { $0 << 3 | ($1 - UInt8(ascii: "0")) })
                position += 4
            } else {
                bytes.append(field[position])
                position += 1
            }
        }
        return ByteString(bytes)
    }
}
