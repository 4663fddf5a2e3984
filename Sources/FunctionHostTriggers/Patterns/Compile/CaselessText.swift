// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A text of which each character may stand in its lower-case or its upper-case form, whatever the language.
///
/// "ß" accepts "ß" and "SS"; "SS" accepts neither "ß" nor "ſs", since a character accepts its own forms only.
///
/// - Source: AWS event-ruler 2, *equals-ignore-case*, which does so character by character.
struct CaselessText: Hashable, Sendable {
    private struct Forms: Hashable, Sendable {
        let lower: [UInt8]
        let upper: [UInt8]
    }

    private let characters: [Forms]
    /// All of it in lower case if it is ASCII: then other texts in ASCII are its forms and no others.
    let asciiLowercase: [UInt8]?

    /// - Parameter text: UTF-8, and halves of surrogate pairs as three bytes.
    init(_ text: [UInt8]) {
        asciiLowercase = text.allSatisfy { $0 < 0x80 } ? text.map(ASCII.lowercased) : nil
        characters = Self.characters(of: text).map(Self.forms)
    }

    private static func characters(of text: [UInt8]) -> [ArraySlice<UInt8>] {
        var characters: [ArraySlice<UInt8>] = []
        var start = 0
        while start < text.count {
            var end = start + 1
            while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
            characters.append(text[start..<end])
            start = end
        }
        return characters
    }

    private static func forms(of character: ArraySlice<UInt8>) -> Forms {
        // Half of a surrogate pair is no scalar, and has no case.
        guard let text = String(validating: character, as: UTF8.self), let scalar = text.unicodeScalars.first else {
            return Forms(lower: Array(character), upper: Array(character))
        }
        return Forms(
            lower: Array(scalar.properties.lowercaseMapping.utf8), upper: Array(scalar.properties.uppercaseMapping.utf8)
        )
    }

    /// Where this text ends if `text` begins with it; nil if it does not.
    ///
    /// No character's one form begins with the other one, so the first that fits is the only one; nor does one end so.
    func end(in text: UnsafeBufferPointer<UInt8>) -> Int? {
        var place = 0
        for forms in characters {
            if text.holds(forms.lower, at: place) {
                place += forms.lower.count
            } else if text.holds(forms.upper, at: place) {
                place += forms.upper.count
            } else {
                return nil
            }
        }
        return place
    }

    /// Whether `text` ends with this text.
    func isEnd(of text: UnsafeBufferPointer<UInt8>) -> Bool {
        var place = text.count
        for forms in characters.reversed() {
            if text.holds(forms.lower, at: place - forms.lower.count) {
                place -= forms.lower.count
            } else if text.holds(forms.upper, at: place - forms.upper.count) {
                place -= forms.upper.count
            } else {
                return false
            }
        }
        return true
    }
}

/// Letters of which the case is plain.
enum ASCII {
    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}
