// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Takes an expression's text apart.
struct ExpressionScan {
    enum Token: Hashable {
        /// A name, a keyword or a function.
        case word(String)
        /// `#name`, with its sign.
        case namePlaceholder(String)
        /// `:value`, with its sign.
        case valuePlaceholder(String)
        case number(Int)
        /// `(`, `)`, `[`, `]`, `,`, `.`, or a comparison.
        case sign(String)
        case end
    }

    private let bytes: [UInt8]
    private var place = 0
    /// What is next.
    private(set) var token = Token.end
    /// Where that is, in bytes.
    private(set) var offset = 0

    init(_ text: String) throws(TableError) {
        bytes = Array(text.utf8)
        try advance()
    }

    /// Goes on to the next token.
    mutating func advance() throws(TableError) {
        while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
        offset = place
        guard place < bytes.count else {
            token = .end
            return
        }
        let byte = bytes[place]
        switch byte {
        case UInt8(ascii: "#"), UInt8(ascii: ":"):
            place += 1
            let name = String(decoding: [byte], as: UTF8.self) + word()
            guard name.utf8.count > 1 else { throw fault("a placeholder has a name") }
            token = byte == UInt8(ascii: "#") ? .namePlaceholder(name) : .valuePlaceholder(name)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard let number = UInt32(word()) else { throw fault("a place in a list is a number of 32 bits") }
            token = .number(Int(number))
        case _ where Self.isWord(byte): token = .word(word())
        default: token = .sign(try sign())
        }
    }

    /// Passes a sign, or says that it is expected.
    mutating func pass(_ sign: String) throws(TableError) {
        guard token == .sign(sign) else { throw fault("“\(sign)” is expected") }
        try advance()
    }

    /// Passes a keyword in whatever case, if it is next.
    mutating func passes(keyword: String) throws(TableError) -> Bool {
        guard case .word(let word) = token, word.uppercased() == keyword else { return false }
        try advance()
        return true
    }

    func fault(_ reason: String) -> TableError {
        TableError(.invalidExpression, reason: "\(reason) at byte \(offset) of the expression")
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private mutating func word() -> String {
        let start = place
        while place < bytes.count, Self.isWord(bytes[place]) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func sign() throws(TableError) -> String {
        for sign in ["<>", "<=", ">=", "<", ">", "=", "(", ")", "[", "]", ",", "."]
        where bytes[place...].starts(with: sign.utf8) {
            place += sign.utf8.count
            return sign
        }
        throw fault("nothing begins with this character")
    }
}
