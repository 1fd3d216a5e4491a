internal import Model

/// Names as Kubernetes allows them: others are no pod's or container's, whoever wrote them, and are never shown.
///
/// Source: RFC 1123 as in k8s.io/apimachinery/pkg/util/validation; namespaces and containers have labels.
enum KubernetesName {
    /// - Parameter source: the file that says so.
    /// - Returns: nil when there is none.
    static func pod(_ text: String?, _ source: String) throws(LookupFailure) -> ByteString? {
        try checked(text, "a pod", source) { isName($0) }
    }

    static func namespace(_ text: String?, _ source: String) throws(LookupFailure) -> ByteString? {
        try checked(text, "a namespace", source) { isName($0) }
    }

    /// `POD` is what CRI-O and docker call the one that holds a pod together.
    static func container(_ text: String?, _ source: String) throws(LookupFailure) -> ByteString? {
        try checked(text, "a container", source) {
            $0.elementsEqual("POD".utf8) || $0.count <= 63 && !$0.contains(UInt8(ascii: ".")) && isName($0)
        }
    }

    /// 1 to 253 bytes of `a-z`, `0-9`, `.` and `-`.
    static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        (1...253).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static func checked(
        _ text: String?, _ what: String, _ source: String, _ isValid: ([UInt8]) -> Bool
    ) throws(LookupFailure) -> ByteString? {
        guard let text, !text.isEmpty else { return nil }
        let name = ByteString(text)
        guard isValid(name.bytes) else {
            throw LookupFailure("\(source) has a name of \(what) that Kubernetes does not allow")
        }
        return name
    }
}
