// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What inputs are made of.
struct InputEvent: ~Copyable {
    let json: [UInt8]
    let ruleName: String
    let ruleARN: String
    /// When it was put, as text.
    let ingestionTime: String
    /// Its values; nil if it is no JSON, which it is.
    let tape: JSONTape?

    init(_ json: [UInt8], tape: JSONTape?, ruleName: String, ruleARN: String, ingestionTime: String) {
        self.json = json
        self.tape = tape
        self.ruleName = ruleName
        self.ruleARN = ruleARN
        self.ingestionTime = ingestionTime
    }
}

/// Why a target's input cannot be made so.
struct TargetInputError: Error, Hashable {
    let reason: String
}
