// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A text with asterisks, each of which stands for any run of characters.
struct WildcardText: Hashable, Sendable {
    /// What an asterisk or a backslash does wrong, and where: counted in bytes of the text behind its opening quote.
    enum Fault: Error, Hashable {
        case escape(Int), consecutive(Int), tooComplex

        var reason: String {
            switch self {
            case .escape(let place): "Invalid escape character at pos \(place)"
            case .consecutive(let place): "Consecutive wildcard characters at pos \(place)"
            case .tooComplex:
                "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
                    + "after a wildcard character"
            }
        }
    }

    /// How many beginnings of the pattern one text may be at the end of at a time.
    ///
    /// AWS does not tell its limit. It is known to accept 7 and to refuse 11.
    static let maximumComplexity = 10

    /// The texts before, between and after the asterisks; one more than there are of these.
    let pieces: [[UInt8]]

    init(_ text: [UInt8]) throws(Fault) {
        var pieces: [[UInt8]] = [[]]
        var index = 0
        while index < text.count {
            let next = index + 1 < text.count ? text[index + 1] : nil
            switch text[index] {
            case UInt8(ascii: "\\"):
                guard let next, next == UInt8(ascii: "*") || next == UInt8(ascii: "\\") else {
                    throw .escape(index + 1)
                }
                pieces[pieces.count - 1].append(next)
                index += 1
            case UInt8(ascii: "*"):
                guard next != UInt8(ascii: "*") else { throw .consecutive(index + 1) }
                pieces.append([])
            default: pieces[pieces.count - 1].append(text[index])
            }
            index += 1
        }
        self.pieces = pieces
        guard complexity <= Self.maximumComplexity else { throw .tooComplex }
    }

    /// What every accepted text begins with.
    var head: [UInt8] { pieces.first ?? [] }
    /// What every accepted text ends with.
    var tail: [UInt8] { pieces.last ?? [] }

    /// The first place that fits is as good as any for what is between two asterisks. How often a byte is looked at is bounded by
    /// the complexity.
    func accepts(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard pieces.count > 1 else { return text.count == head.count && text.begins(with: head) }
        guard text.count >= head.count + tail.count, text.begins(with: head), text.ends(with: tail) else {
            return false
        }
        var place = head.count
        let end = text.count - tail.count
        for piece in pieces[1..<pieces.count - 1] {
            guard let found = Self.place(of: piece, in: text, from: place, to: end) else { return false }
            place = found + piece.count
        }
        return true
    }

    private static func place(
        of piece: [UInt8], in text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
    ) -> Int? {
        var place = start
        while place + piece.count <= end {
            if text[place] == piece[0], text.holds(piece, at: place) { return place }
            place += 1
        }
        return nil
    }
}

extension WildcardText {
    /// The largest number of the pattern's beginnings at the ends of which one text can be at a time, both quotes counting as
    /// characters.
    ///
    /// Behind an asterisk stays whoever has come there, so the most are reached once all asterisks have been passed: each of these
    /// counts, and with it each beginning of a piece behind one that the last characters of the text are. Those are counted in a
    /// tree of all pieces in which each node knows the longest of its ends that is a beginning too (Aho and Corasick, 1975).
    var complexity: Int {
        guard pieces.count > 1 else { return 1 }
        var tree = PieceTree()
        for (index, piece) in pieces.enumerated().dropFirst() {
            tree.insert(piece, andQuote: index == pieces.count - 1)
        }
        return pieces.count - 1 + tree.largestScore()
    }
}

private struct PieceTree {
    private struct Node {
        var children: [Unicode.Scalar: Int] = [:]
        /// How many pieces go through it.
        var pieces = 0
        var shorter = 0
        var score = 0
    }

    private var nodes = [Node()]

    mutating func insert(_ piece: [UInt8], andQuote isLast: Bool) {
        var node = 0
        for scalar in String(decoding: piece, as: UTF8.self).unicodeScalars { pass(scalar, &node) }
        if isLast { pass("\"", &node) }
    }

    private mutating func pass(_ scalar: Unicode.Scalar, _ node: inout Int) {
        if let child = nodes[node].children[scalar] {
            node = child
        } else {
            nodes[node].children[scalar] = nodes.count
            node = nodes.count
            nodes.append(Node())
        }
        nodes[node].pieces += 1
    }

    /// The most beginnings that are ends of one text; nodes nearer to the root come first.
    mutating func largestScore() -> Int {
        var largest = 0
        var queue = [0]
        var next = 0
        while next < queue.count {
            let node = queue[next]
            next += 1
            for (scalar, child) in nodes[node].children {
                if node != 0 { nodes[child].shorter = follow(scalar, from: nodes[node].shorter) }
                nodes[child].score = nodes[child].pieces + nodes[nodes[child].shorter].score
                largest = max(largest, nodes[child].score)
                queue.append(child)
            }
        }
        return largest
    }

    private func follow(_ scalar: Unicode.Scalar, from start: Int) -> Int {
        var node = start
        while true {
            if let child = nodes[node].children[scalar] { return child }
            if node == 0 { return 0 }
            node = nodes[node].shorter
        }
    }
}
