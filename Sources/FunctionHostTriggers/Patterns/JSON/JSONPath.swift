// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A way from a JSON value to one inside it: `$`, `$.detail.items[0]`, `$.detail['a key']`.
struct JSONPath: Sendable, Hashable {
    private enum Step: Sendable, Hashable {
        case member([UInt8])
        case element(Int)
    }

    private let steps: [Step]

    /// Reads a path.
    ///
    /// - Throws: ``JSONPathError``, which says where.
    init(_ text: String) throws(JSONPathError) {
        var reader = PathReader(bytes: Array(text.utf8))
        steps = try reader.steps()
    }

    /// The index of what it leads to; nil if that is nothing. Of a key that comes twice the last one counts.
    func find(in tape: JSONTape) -> Int? {
        var place = 0
        for step in steps {
            let next: Int?
            switch (step, tape.values[place].kind) {
            case (.member(let key), .object): next = tape.children(of: place).last { tape.values[$0].key == key }
            case (.element(let index), .list):
                let children = tape.children(of: place)
                next = children.indices.contains(index) ? children[index] : nil
            default: next = nil
            }
            guard let next else { return nil }
            place = next
        }
        return place
    }

    private struct PathReader {
        let bytes: [UInt8]
        var place = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func steps() throws(JSONPathError) -> [Step] {
            guard pass("$") else { throw fault("it does not begin with $") }
            var steps: [Step] = []
            while place < bytes.count {
                if pass(".") {
                    let key = take { !".[]'\" \t\n".utf8.contains($0) }
                    guard !key.isEmpty else { throw fault("a name is expected") }
                    steps.append(.member(key))
                } else if pass("[") {
                    steps.append(try bracket())
                    guard pass("]") else { throw fault("] is expected") }
                } else {
                    throw fault(". or [ is expected")
                }
            }
            return steps
        }

        private mutating func bracket() throws(JSONPathError) -> Step {
            for quote in ["'", "\""] as [Unicode.Scalar] where pass(quote) {
                let key = take { $0 != UInt8(ascii: quote) }
                guard !key.isEmpty, pass(quote) else { throw fault("a name in quotes is expected") }
                return .member(key)
            }
            let digits = take { (0x30...0x39).contains($0) }
            guard let index = Int(String(decoding: digits, as: UTF8.self)) else {
                throw fault("a number or a name in quotes is expected")
            }
            return .element(index)
        }

        private mutating func pass(_ scalar: Unicode.Scalar) -> Bool {
            guard place < bytes.count, bytes[place] == UInt8(ascii: scalar) else { return false }
            place += 1
            return true
        }

        private mutating func take(while isWanted: (UInt8) -> Bool) -> [UInt8] {
            let taken = Array(bytes[place...].prefix(while: isWanted))
            place += taken.count
            return taken
        }

        private func fault(_ reason: String) -> JSONPathError { JSONPathError(reason: reason, offset: place) }
    }
}

/// Why a text is no path, and where.
struct JSONPathError: Error, Hashable {
    let reason: String
    /// In bytes from 0.
    let offset: Int
}
