import Glibc
import Machine
import Model

// What parts of the agent cost by themselves: `make bench-parts` (root, for the cgroups).

do {
    try benchmarkNames(cgroups: 10_000)
    benchmarkRendering()
    try await benchmarkSpool()
} catch {
    print("bench: \(error)")
    exit(1)
}
