internal import CSystemd
internal import Machine
package import Model

extension HostIdentity {
    /// This host; the id is made from the machine id and ours, as machine-id(5) asks for, and absent without one.
    package static func current(name: String?) -> Self {
        Self(name: name ?? HostNames.hostname, id: applicationSpecificID, kernel: HostNames.kernelRelease)
    }

    private static var applicationSpecificID: String? {
        var result = sd_id128_t()
        guard sd_id128_get_machine_app_specific(application, &result) == 0 else { return nil }
        return withUnsafeBytes(of: result) { bytes in
            bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        }
    }

    /// Drawn once for this program; another number would give every host another id.
    private static var application: sd_id128_t {
        var id = sd_id128_t()
        withUnsafeMutableBytes(of: &id) { bytes in
            bytes.copyBytes(from: [
                0x6f, 0x1c, 0x9e, 0x52, 0x0b, 0x7d, 0x4a, 0x35, 0xa8, 0x41, 0xd3, 0x77, 0x2e, 0x90, 0xb6, 0xc4,
            ])
        }
        return id
    }
}
