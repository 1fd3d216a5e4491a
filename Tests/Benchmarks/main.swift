import Glibc
import Machine
import Model

// What parts of the agent cost by themselves: `make bench-parts` (root, for the cgroups).

// Arguments name the parts to measure; without any, all are.
let parts = Set(CommandLine.arguments.dropFirst())

func isWanted(_ part: String) -> Bool { parts.isEmpty || parts.contains(part) }

do {
    if isWanted("names") { try benchmarkNames(cgroups: 10_000) }
    if isWanted("render") { benchmarkRendering() }
    if isWanted("metrics") { benchmarkMetrics() }
    if isWanted("spool") { try await benchmarkSpool() }
    if isWanted("drain") { try await benchmarkDrain() }
} catch {
    print("bench: \(error)")
    exit(1)
}
