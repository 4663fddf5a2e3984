// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import Testing

@testable import FunctionHostTriggers

/// Which texts are keys.
@Suite struct ObjectPathTests {
    @Test(
        "What is written is what is there",
        arguments: [
            "a", "a/b/c.csv", "with space", "été/naïve", "日本/語", "..a", "a..", "...", ".hidden", "a/.functionhost",
            ".functionhosts", "a\\b", "a:b", "%2e%2e", "*?", "~", "-rf", String(repeating: "n", count: 255),
            Array(repeating: "d", count: 512).joined(separator: "/"),
        ])
    func key(text: String) throws {
        let path = try ObjectPath(key: text)
        #expect(path.text.utf8.elementsEqual(text.utf8))
        #expect(path.names.directories.count == text.utf8.count { $0 == UInt8(ascii: "/") })
    }

    @Test(
        "What is no path below the root, or not its own, is refused",
        arguments: [
            "", "/", "/a", "a/", "a//b", "//", ".", "..", "./a", "a/.", "a/..", "a/../b", "../a", "a/./b", "a\0b",
            "a\nb",
            "a\u{7F}", "\u{1}", ".functionhost", ".functionhost/x", ".FunctionHost/x",
            String(repeating: "n", count: 256), String(repeating: "a/", count: 512) + "a",
        ])
    func refused(text: String) {
        let error = #expect(throws: ObjectError.self) { try ObjectPath(key: text) }
        #expect(error?.code == .invalidKey)
        #expect(error?.key == text)
    }

    @Test("Texts that Unicode takes for the same are two keys")
    func canonicalEquivalence() throws {
        let (composed, decomposed) = (try ObjectPath(key: "\u{E9}"), try ObjectPath(key: "e\u{301}"))
        #expect(composed.text == decomposed.text)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test("Keys are ordered by their bytes, and know what they are below")
    func order() throws {
        let keys = try ["a", "a-b", "a/b", "ab", "é", "\u{FFFD}", "😀"].map { try ObjectPath(key: $0) }
        #expect(keys.shuffled().sorted() == keys)
        #expect(keys[2].isBelow(keys[0]))
        #expect(!keys[1].isBelow(keys[0]))
        #expect(!keys[0].isBelow(keys[0]))
    }
}
