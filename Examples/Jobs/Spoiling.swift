// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// How the names of cities are written wrongly.
enum Misspelling {
    static let of = ["Seattle": "Seatle", "San Francisco": "San Fransisco"]

    static func corrected(_ city: String) -> String? { of.first { $0.value == city }?.key }
}

/// An alert as an old station writes it: its temperature is a text, with a comma.
struct OldFormat: Codable {
    var city: String
    var time: String
    var temperature: String
    var unit: String?

    init(_ alert: Alert) {
        city = alert.city
        time = alert.time
        temperature = "\(alert.temperature)".replacing(".", with: ",")
        unit = alert.unit
    }

    var json: [UInt8]? { try? JSONPayloadCoder().encode(self) }

    /// The same as it should be; nil if the temperature is no number whichever way it is read.
    var alert: Alert? {
        Double(temperature.replacing(",", with: "."))
            .map { Alert(city: city, time: time, temperature: $0, unit: unit) }
    }
}
