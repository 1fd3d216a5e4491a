package import Model

extension JSONWriter {
    package mutating func member(_ name: String, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: (some FixedWidthInteger)?) {
        self.name(name)
        if let value { number(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: Double?) {
        self.name(name)
        if let value { number(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: Bool?) {
        self.name(name)
        if let value { boolean(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: Timestamp?) {
        self.name(name)
        if let value { string(value.text) } else { null() }
    }

    package mutating func object(_ name: String, _ members: (inout Self) -> Void) {
        self.name(name)
        object(members)
    }

    package mutating func array(_ name: String, _ elements: (inout Self) -> Void) {
        self.name(name)
        array(elements)
    }

    /// A member whose bytes another program chose: where they are not UTF-8, `<name>_raw` follows with all of them.
    ///
    /// A reader that finds no `<name>_raw` may take the text literally.
    package mutating func member(_ name: String, bytes value: ByteString?) {
        self.name(name)
        guard let value else { return null() }
        if !string(value) {
            self.name(name + "_raw")
            string(base64(value.bytes))
        }
    }

    /// An array of what another program chose: where some of it is not UTF-8, `<name>_raw` follows with all of all, in
    /// base64.
    package mutating func array(_ name: String, bytes values: [ByteString]?) {
        self.name(name)
        guard let values else { return null() }
        array { json in for value in values { json.string(value) } }
        if !values.allSatisfy(\.isText) {
            array(name + "_raw") { json in for value in values { json.string(base64(value.bytes)) } }
        }
    }
}
