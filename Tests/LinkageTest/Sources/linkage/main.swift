// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

let host = FunctionHost()
let greet = try host.register("greet") { (name: String, _) in "Hello, \(name)" }
print(try await host.invoke(greet, with: "world"))
print(try await host.invoke(named: "greet", payload: Array(#""JSON""#.utf8)).text)
