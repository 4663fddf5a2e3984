// swift-tools-version: 6.2
import PackageDescription

// A stranger who uses the core alone: it must build by itself, and bring neither a package nor full Foundation along.
let package = Package(
    name: "LinkageTest",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "FunctionHost", path: "../..")],
    targets: [
        .executableTarget(
            name: "linkage", dependencies: [.product(name: "FunctionHost", package: "FunctionHost")])
    ],
    swiftLanguageModes: [.v6]
)
