// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What the function is given: a temperature that somebody should know about.
struct Alert: Codable, Sendable {
    var city: String
    var time: String
    var temperature: Double
    /// What the temperature is counted in; a sensor may forget to say.
    var unit: String?

    /// Names it, wherever it is spoken of.
    var key: String { "\(city) \(time)" }
}

/// What the function answers.
struct Receipt: Codable, Sendable {
    /// How many alerts the endpoint had taken by then.
    let number: Int
}
