// `swift build -c release --static-swift-stdlib` builds this target, too, and has no Testing; nobody tests with it.
#if canImport(Testing)
import Glibc
package import Testing

/// Has tracefs mounted while a suite runs, and takes it away again when nobody had mounted it before.
package struct WithTracefs: SuiteTrait, TestScoping {
    package func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        // Without root nothing is mounted and nothing attached: those tests say themselves that they need it.
        guard geteuid() == 0 else { return try await body() }
        try SharedTracefs.enter()
        defer { SharedTracefs.leave() }
        try await body()
    }
}

extension Trait where Self == WithTracefs {
    package static var withTracefs: Self { WithTracefs() }
}
#endif
