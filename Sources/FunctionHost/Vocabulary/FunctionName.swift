// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The rule for names of functions, of their variables and of the like.
package enum FunctionName {
    /// The longest name, in characters.
    package static let maximumLength = 64

    /// What is wrong with `name`; nil if nothing is. Source: AWS Lambda API Reference, *CreateFunction*, `FunctionName`.
    package static func fault(in name: String) -> String? {
        if name.isEmpty { return "the name is empty; give it 1 to 64 of A-Z a-z 0-9 _ -" }
        let length = name.utf8.count
        if length > maximumLength {
            return "the name has \(length) bytes of UTF-8; at most \(maximumLength) are allowed"
        }
        guard let bad = name.unicodeScalars.first(where: { !isAllowed($0) }) else { return nil }
        let code = String(bad.value, radix: 16, uppercase: true)
        return "the name holds U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code); "
            + "only A-Z a-z 0-9 _ - are allowed"
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }
}
