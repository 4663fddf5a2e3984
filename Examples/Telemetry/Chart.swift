// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The daily means of the cities as a picture, days with frost marked.
struct Chart {
    private let days: [Day]
    private let width = 1_000.0
    private let height = 420.0
    private let left = 48.0
    private let right = 16.0
    private let top = 56.0
    private let bottom = 36.0
    private let degrees = 0.0...25.0
    private let ink = "black"
    private let frostColor = "mediumvioletred"
    private let colors = ["Seattle": "steelblue", "San Francisco": "darkorange"]

    init(_ days: [Day]) { self.days = days }

    var svg: String {
        var parts = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(Int(width)) \#(Int(height))" "#
                + #"font-family="sans-serif" font-size="12">"#,
            #"<rect width="100%" height="100%" fill="white"/>"#,
            text("Daily means of 2010, in °C", left, 24, size: 16),
        ]
        parts += grid
        for (index, city) in City.allCases.enumerated() {
            parts += line(of: city)
            let x = left + 300 + Double(index) * 140
            parts.append(
                #"<rect x="\#(x.short)" y="15" width="14" height="4" fill="\#(colors[city.rawValue] ?? "black")"/>"#)
            parts.append(text(city.rawValue, x + 20, 22))
        }
        parts += [
            mark(at: left + 587, 12) + "/>", text("frost alert", left + 600, 22), "</svg>",
        ]
        return parts.joined(separator: "\n") + "\n"
    }

    // MARK: - Parts

    private var grid: [String] {
        let lines = stride(from: 0.0, through: 25, by: 5).flatMap { degree in
            let y = y(degree).short
            let color = degree == 0 ? "grey" : "gainsboro"
            return [
                #"<line x1="\#(left.short)" x2="\#((width - right).short)" y1="\#(y)" y2="\#(y)" stroke="\#(color)"/>"#,
                text("\(Int(degree))", left - 8, self.y(degree) + 4, anchor: "end"),
            ]
        }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return lines
            + months.enumerated().map { index, name in text(name, x(Double(index) * 365 / 12 + 10), height - 14) }
    }

    private func line(of city: City) -> [String] {
        let own = days.filter { $0.city == city.rawValue }
        let points = own.map { "\(x(dayOfYear($0)).short),\(y($0.mean).short)" }.joined(separator: " ")
        let color = colors[city.rawValue] ?? "black"
        let frost = own.filter(\.hasFrost).map { day in
            mark(at: x(dayOfYear(day)), y(day.mean) - 5) + "><title>\(day.day): \(day.low.short) °C</title></path>"
        }
        return [#"<polyline points="\#(points)" fill="none" stroke="\#(color)" stroke-width="1.5"/>"#] + frost
    }

    /// A triangle whose element is still open.
    private func mark(at x: Double, _ y: Double) -> String {
        #"<path d="M\#(x.short) \#(y.short)l5 9h-10z" fill="\#(frostColor)""#
    }

    private func text(_ text: String, _ x: Double, _ y: Double, size: Int = 12, anchor: String = "start") -> String {
        #"<text x="\#(x.short)" y="\#(y.short)" font-size="\#(size)" text-anchor="\#(anchor)" fill="\#(ink)">\#(text)</text>"#
    }

    private func dayOfYear(_ day: Day) -> Double {
        Double(Reading(city: day.city, time: day.day + " 00:00", celsius: 0).hourOfYear ?? 0) / 24
    }

    private func x(_ day: Double) -> Double { left + day / 365 * (width - left - right) }

    private func y(_ celsius: Double) -> Double {
        let share = (celsius - degrees.lowerBound) / (degrees.upperBound - degrees.lowerBound)
        return height - bottom - share * (height - top - bottom)
    }
}
