// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is compiled with: explicit existentials and imports, and no warnings.
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// The pure targets besides: strict memory safety is the fence that keeps pointers, and so effects, out.
let pure: [SwiftSetting] = common + [.strictMemorySafety()]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "opentrace",
    products: [
        .executable(name: "otagent", targets: ["otagent"]),
        .executable(name: "opentrace", targets: ["opentrace"]),
        .library(name: "BPF", targets: ["BPF"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        .target(name: "Model", swiftSettings: pure),
        .target(name: "Render", dependencies: ["Model"], swiftSettings: pure),

        // The folder bpf/ is the C module: one header for the programs and for Swift.
        .target(
            name: "KernelABI", path: "bpf",
            exclude: [
                "aio.bpf.h", "config.bpf.h", "copies.bpf.h", "counters.bpf.h", "events.bpf.h", "files.bpf.c",
                "files.bpf.h", "hooks.bpf.h", "kernel.bpf.h", "kernel_uring.bpf.h", "kinds.bpf.h", "requests.bpf.h",
                "trace.bpf.c", "trace_calls.bpf.h", "trace_processes.bpf.h", "trace_record.bpf.h",
                "trace_requests.bpf.h", "trace_scope.bpf.h", "trace_uring.bpf.h", "uring.bpf.h", "writers.bpf.h",
            ],
            sources: ["objects.c"], publicHeadersPath: "include"),
        .target(
            name: "CLibbpf",
            linkerSettings: [.linkedLibrary("bpf"), .linkedLibrary("elf"), .linkedLibrary("z")]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl"), .linkedLibrary("z")]),
        .target(name: "CAlert"),
        .target(name: "CChild"),
        .target(name: "CCrypto", linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "CLinux"),
        // The live page, embedded.
        .target(
            name: "CPage",
            exclude: ["alerts.js", "figures.js", "page.css", "page.html", "page.js", "table.js", "tree.js"]),
        .target(name: "CSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(name: "CSelfTest"),
        // Only in programs: it acts before main.
        .target(name: "CStart"),
        .target(name: "CSystemd", linkerSettings: [.linkedLibrary("systemd")]),

        .target(name: "BPF", dependencies: ["CLibbpf"], swiftSettings: common),
        .target(name: "Kernel", dependencies: ["Model", "BPF", "KernelABI"], swiftSettings: common),
        .target(name: "Machine", dependencies: ["Model", "CLinux"], swiftSettings: common),
        .target(
            name: "Export", dependencies: ["Model", "Render", "CAlert", "CCurl", "CPage", system],
            swiftSettings: common),
        .target(
            name: "Agent",
            dependencies: [
                "Model", "Render", "Kernel", "Machine", "Export", "CSystemd", "CSelfTest", "TOMLKit", logging,
            ],
            swiftSettings: common),
        // The tracer as Agent is the agent: events from the kernel, the command that is traced, what becomes of the rows.
        .target(
            name: "Tracer",
            dependencies: ["Model", "Render", "Kernel", "Machine", "CChild", "CCrypto", "CSQLite", logging],
            swiftSettings: common),
        // What both programs have on their command lines.
        .target(name: "Commands", dependencies: ["Agent", "Render", argumentParser], swiftSettings: common),
        .executableTarget(
            name: "otagent", dependencies: ["Agent", "Commands", "CStart", "Model", argumentParser, logging],
            swiftSettings: common),
        .executableTarget(
            name: "opentrace",
            dependencies: ["Agent", "Commands", "CStart", "Kernel", "Machine", "Render", "Tracer", argumentParser],
            swiftSettings: common),

        // Runs of programs, as the events that a trace would have of them.
        .target(name: "RunScripts", dependencies: ["Model"], path: "Tests/RunScripts", swiftSettings: common),
        .testTarget(name: "ModelTests", dependencies: ["Model", "RunScripts"], swiftSettings: common),
        .testTarget(
            name: "RenderTests", dependencies: ["Render", "RunScripts"], exclude: ["golden"], swiftSettings: common),
        .target(name: "Support", dependencies: ["Machine"], path: "Tests/Support", swiftSettings: common),
        .testTarget(name: "BPFTests", dependencies: ["BPF", "Support"], exclude: ["objects"], swiftSettings: common),
        .testTarget(
            name: "KernelTests", dependencies: ["Kernel", "KernelABI", "BPF", "Support"], swiftSettings: common),
        // Says for each open and the like which row a trace of it must have.
        .executableTarget(
            name: "open-cases", path: "Tests/OpenCases",
            linkerSettings: [.linkedLibrary("uring"), .linkedLibrary("pthread")]),
        // One operation that watch rules are about, by a call or a ring.
        .executableTarget(name: "watch-cases", path: "Tests/WatchCases", linkerSettings: [.linkedLibrary("uring")]),
        // Killed again and again by the tests while it rotates files.
        .executableTarget(
            name: "file-writer", dependencies: ["Export", "Model"], path: "Tests/FileWriter", swiftSettings: common),
        .testTarget(name: "ExportTests", dependencies: ["Export", "file-writer"], swiftSettings: common),
        .testTarget(name: "MachineTests", dependencies: ["Machine"], swiftSettings: common),
        .testTarget(
            name: "AgentTests", dependencies: ["Agent", "Export", "Kernel", "Machine", "Model", "Render", logging],
            exclude: ["Configuration/golden"],
            swiftSettings: common),
        .testTarget(
            name: "TracerTests",
            dependencies: ["Model", "Render", "RunScripts", "Tracer", "opentrace", argumentParser],
            exclude: ["golden"], swiftSettings: common),

        // The system tests run the built programs from outside; the workload knows what it did by itself.
        .executableTarget(
            name: "workload", path: "Tests/Workload",
            linkerSettings: [.linkedLibrary("uring"), .linkedLibrary("pthread")]),
        // What libsystemd itself says of the processes there are.
        .executableTarget(
            name: "login-names", path: "Tests/LoginNames", linkerSettings: [.linkedLibrary("systemd")]),
        .testTarget(name: "SystemTests", swiftSettings: common),

        // What parts of the agent cost: `make bench-parts`.
        .executableTarget(
            name: "bench-parts", dependencies: ["Export", "Machine", "Model", "Render"], path: "Tests/Benchmarks",
            swiftSettings: common),

        // The programs against the types of kernels that are not running.
        .executableTarget(
            name: "relocate", path: "Tests/Relocate",
            linkerSettings: [.linkedLibrary("bpf"), .linkedLibrary("elf"), .linkedLibrary("z")]),
        .testTarget(
            name: "RelocationTests", dependencies: ["Kernel", "BPF"],
            exclude: ["golden", "kernels", "objects", "reduce.py"], swiftSettings: common),
    ],
    swiftLanguageModes: [.v6]
)
