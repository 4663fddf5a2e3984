// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct ByteBoxTests {
    @Test("What was put last is taken", arguments: [[], [1], [1, 2, 3]] as [[UInt8]])
    func put(bytes: [UInt8]) {
        let box = ByteBox()
        box.put([9])
        box.put(bytes)
        #expect(box.take() == bytes)
    }

    @Test(
        "Pieces are parted by a separator, none before the first",
        arguments: [([], "["), (["1"], "[1"), (["1", "22", "3"], "[1,22,3")])
    func append(pieces: [String], expected: String) {
        let box = ByteBox()
        box.put(Array("[".utf8))
        var size = 1
        for piece in pieces { size = box.append(Array(piece.utf8), separator: UInt8(ascii: ",")) }
        #expect(String(decoding: box.take(), as: UTF8.self) == expected)
        #expect(size == expected.utf8.count)
    }
}
