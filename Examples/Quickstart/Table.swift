// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Text in columns.
struct Table {
    /// A cell: its text, the colour of it, and whether it stands at the right of its column.
    struct Cell {
        let text: String
        var tone = Tone.plain
        var isRight = false

        static func left(_ text: String, _ tone: Tone = .plain) -> Self { Self(text: text, tone: tone) }

        static func right(_ text: String, _ tone: Tone = .plain) -> Self {
            Self(text: text, tone: tone, isRight: true)
        }

        /// A number that steps back if it is zero.
        static func count(_ count: Int, _ tone: Tone = .plain) -> Self {
            count == 0 ? .right("·", .faint) : .right(count.grouped, tone)
        }
    }

    private var rows: [[Cell]]

    init(_ rows: [[Cell]] = []) { self.rows = rows }

    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    mutating func add(header titles: [String]) {
        rows.append(titles.enumerated().map { $0 == 0 ? .left($1, .faint) : .right($1, .faint) })
    }

    /// The rows, each indented by two, with two blanks between columns and none at the end of a line.
    func lines(on terminal: Terminal) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let texts = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.text.count)
                let painted = terminal.paint(cell.text, cell.tone)
                if cell.isRight { return padding + painted }
                return column == row.count - 1 ? painted : painted + padding
            }
            return "  " + texts.joined(separator: "  ")
        }
    }
}
