// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct FunctionNameTests {
    @Test(
        "Letters, digits, underscore and hyphen make a name, up to 64 of them",
        arguments: ["a", "Z", "0", "_", "-", "az-AZ_09", String(repeating: "x", count: 64)])
    func allowed(name: String) {
        #expect(FunctionName.fault(in: name) == nil)
    }

    @Test(
        "Any other name is refused with its reason",
        arguments: [
            ("", "the name is empty; give it 1 to 64 of A-Z a-z 0-9 _ -"),
            (String(repeating: "x", count: 65), "the name has 65 bytes of UTF-8; at most 64 are allowed"),
            (String(repeating: "é", count: 33), "the name has 66 bytes of UTF-8; at most 64 are allowed"),
            ("a b", "the name holds U+0020; only A-Z a-z 0-9 _ - are allowed"),
            ("a.b", "the name holds U+002E; only A-Z a-z 0-9 _ - are allowed"),
            ("a/../b", "the name holds U+002F; only A-Z a-z 0-9 _ - are allowed"),
            ("a\0", "the name holds U+0000; only A-Z a-z 0-9 _ - are allowed"),
            ("é", "the name holds U+00E9; only A-Z a-z 0-9 _ - are allowed"),
            ("e\u{301}", "the name holds U+0301; only A-Z a-z 0-9 _ - are allowed"),
            ("😀", "the name holds U+1F600; only A-Z a-z 0-9 _ - are allowed"),
            ("\u{FF21}", "the name holds U+FF21; only A-Z a-z 0-9 _ - are allowed"),
        ])
    func refused(name: String, reason: String) {
        #expect(FunctionName.fault(in: name) == reason)
    }
}
