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

let package = Package(
    name: "FunctionHost",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "FunctionHost", targets: ["FunctionHost"]),
        .library(name: "FunctionHostTesting", targets: ["FunctionHostTesting"]),
    ],
    targets: [
        .target(name: "FunctionHost", swiftSettings: settings),
        .target(name: "CSimulationHooks"),
        .target(
            name: "FunctionHostTesting", dependencies: ["FunctionHost", "CSimulationHooks"], swiftSettings: settings),
        .testTarget(
            name: "FunctionHostTestingTests", dependencies: ["FunctionHostTesting"], swiftSettings: settings),
        .target(
            name: "TestingHandlers", dependencies: ["FunctionHost"], path: "Examples/TestingHandlers/Sources",
            swiftSettings: settings),
        .testTarget(
            name: "TestingHandlersTests", dependencies: ["TestingHandlers", "FunctionHostTesting"],
            path: "Examples/TestingHandlers/Tests", exclude: ["Events"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
