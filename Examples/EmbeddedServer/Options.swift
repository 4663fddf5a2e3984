// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What the command line asks for.
struct Options {
    var port: UInt16 = 8_080
    var isSelfTest = false

    init(_ arguments: some Sequence<String>) throws {
        var arguments = arguments.makeIterator()
        while let argument = arguments.next() {
            switch argument {
            case "--self-test": (isSelfTest, port) = (true, 0)
            case "--port":
                guard let value = arguments.next().flatMap({ UInt16($0) }) else {
                    throw UsageError(description: "--port needs a number from 0 to 65535; 0 takes any that is free")
                }
                port = value
            default: throw UsageError(description: "usage: EmbeddedServer [--port NUMBER] [--self-test]")
            }
        }
    }
}

struct UsageError: Error, CustomStringConvertible {
    let description: String
}
