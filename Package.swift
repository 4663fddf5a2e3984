// swift-tools-version: 6.2
import PackageDescription

/// One list of settings for every Swift target: the language as it will be, and no warning let through.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// An example sees what a user of the package sees: `package` declarations are out of its reach.
func example(
    _ name: String, with adapters: [Target.Dependency] = [], excluding files: [String] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: ["FunctionHost"] + adapters, path: "Examples/\(name)", exclude: files + ["README.md"],
        packageAccess: false, swiftSettings: settings)
}

let package = Package(
    name: "FunctionHost",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "FunctionHost", targets: ["FunctionHost"]),
        .library(name: "FunctionHostTesting", targets: ["FunctionHostTesting"]),
        .library(name: "FunctionHostSQLite", targets: ["FunctionHostSQLite"]),
        .library(name: "FunctionHostTriggers", targets: ["FunctionHostTriggers"]),
        .library(name: "FunctionHostTriggersSQLite", targets: ["FunctionHostTriggersSQLite"]),
        .executable(name: "schedule-probe", targets: ["ScheduleProbe"]),
        .executable(name: "pattern-probe", targets: ["PatternProbe"]),
        .library(name: "FunctionHostTriggersTesting", targets: ["FunctionHostTriggersTesting"]),
    ],
    targets: [
        .target(name: "FunctionHost", swiftSettings: settings),
        .testTarget(
            name: "FunctionHostTests", dependencies: ["FunctionHost", "FunctionHostTesting"], swiftSettings: settings),
        .target(name: "CSimulationHooks"),
        .target(
            name: "FunctionHostTesting", dependencies: ["FunctionHost", "CSimulationHooks"], swiftSettings: settings),
        .testTarget(
            name: "FunctionHostTestingTests", dependencies: ["FunctionHostTesting"],
            exclude: ["Documentation/Events"], swiftSettings: settings),
        // The system's SQLite, sought by the module map alone: with `pkgConfig` everybody who uses the core would be warned.
        .systemLibrary(name: "CSQLite"),
        .target(name: "FunctionHostSQLite", dependencies: ["FunctionHost", "CSQLite"], swiftSettings: settings),
        .testTarget(
            name: "FunctionHostSQLiteTests",
            dependencies: [
                "FunctionHostSQLite", "FunctionHostTriggers", "FunctionHost", "FunctionHostTesting", "CSQLite",
            ], swiftSettings: settings),
        .target(name: "FunctionHostTriggers", dependencies: ["FunctionHost"], swiftSettings: settings),
        .testTarget(
            name: "FunctionHostTriggersTests",
            dependencies: [
                "FunctionHostTriggers", "FunctionHostTriggersTesting", "FunctionHost", "FunctionHostTesting",
            ], swiftSettings: settings),
        .target(
            name: "FunctionHostTriggersSQLite",
            dependencies: ["FunctionHostSQLite", "FunctionHostTriggers", "FunctionHost", "CSQLite"],
            swiftSettings: settings),
        .testTarget(
            name: "FunctionHostTriggersSQLiteTests",
            dependencies: [
                "FunctionHostTriggersSQLite", "FunctionHostTriggersTesting", "FunctionHostTriggers",
                "FunctionHostSQLite", "FunctionHost", "FunctionHostTesting", "CSQLite",
            ], swiftSettings: settings),
        .target(
            name: "FunctionHostTriggersTesting",
            dependencies: ["FunctionHostTriggers", "FunctionHost", "FunctionHostTesting"], swiftSettings: settings),
        .target(
            name: "TestingHandlers", dependencies: ["FunctionHost"], path: "Examples/TestingHandlers/Sources",
            swiftSettings: settings),
        .testTarget(
            name: "TestingHandlersTests", dependencies: ["TestingHandlers", "FunctionHostTesting"],
            path: "Examples/TestingHandlers/Tests", exclude: ["Events"], swiftSettings: settings),
        example("Quickstart", excluding: ["Data"]),
        example("EmbeddedServer"),
        example("Jobs", with: ["FunctionHostSQLite"]),
        example("Cron", with: ["FunctionHostTriggers"]),
        example("DropFolder", with: ["FunctionHostSQLite", "FunctionHostTriggers"]),
        example("Telemetry", with: ["FunctionHostTriggers"], excluding: ["chart.svg"]),
        example("ScheduleProbe", with: ["FunctionHostTriggers"]),
        example("PatternProbe", with: ["FunctionHostTriggers"], excluding: ["lines.jsonl"]),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "FunctionHost", "FunctionHostSQLite", "FunctionHostTriggers", "FunctionHostTriggersSQLite", "CSQLite",
                "AllocationCount",
            ],
            path: "Tests/Benchmarks", swiftSettings: settings),
        .target(name: "AllocationCount", path: "Tests/AllocationCount"),
        .executableTarget(
            name: "Crash",
            dependencies: [
                "FunctionHost", "FunctionHostSQLite", "FunctionHostTriggers", "FunctionHostTriggersSQLite", "CSQLite",
            ], path: "Tests/Crash",
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
