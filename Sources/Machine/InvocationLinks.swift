package import Model

/// The links in which every systemd keeps the invocation IDs of what it runs.
///
/// Scopes have them nowhere else, nor have the units of users before systemd 253.
package enum InvocationLinks {
    /// The ID of the unit's run now; nil when it has none, or there is no such systemd in sight.
    ///
    /// - Parameter user: whose systemd it belongs to; nil for the host's.
    /// - Parameter root: a folder that stands for `/`.
    package static func id(of unit: UnitName, ofUser user: UInt32?, root: String = "") -> String? {
        let folder = user.map { "/run/user/\($0)/systemd/units" } ?? "/run/systemd/units"
        guard let name = unit.name.text, let link = readLink("\(root)\(folder)/invocation:\(name)"), link.count == 32,
            link.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        return ByteString(link).text
    }
}
