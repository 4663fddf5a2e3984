// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What `greet` takes.
struct Greeting: Codable, Sendable {
    let name: String
}

/// What `nap` takes.
struct Nap: Codable, Sendable {
    let milliseconds: Int
}

/// A handler's own error.
struct NobodyThere: Error, CustomStringConvertible {
    let description = "there is nobody to greet"
}

extension FunctionHost {
    /// The functions this server offers.
    func registerFunctions() throws {
        try register("greet") { (greeting: Greeting, _) in
            if greeting.name.isEmpty { throw NobodyThere() }
            return "Hello, \(greeting.name)"
        }
        // Two at a time; a third caller is throttled. A nap of more than a second is cut off.
        let configuration = FunctionConfiguration(timeout: .seconds(1), reservedConcurrency: 2)
        try register("nap", configuration: configuration) { (nap: Nap, context) in
            try await context.sleep(for: .milliseconds(nap.milliseconds))
            return "slept \(nap.milliseconds) ms"
        }
    }
}
