// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

@Suite struct SequenceNumberTests {
    @Test(
        "A sequence number is read as it is written",
        arguments: [
            "0", "9", "10", "340282366920938463463374607431768211455", "340282366920938463463374607431768211456",
            "49650000000000000000000000000000000000000000000000000002",
            "6277101735386680763835789423207666416102355444464034512895",
        ])
    func text(text: String) throws {
        #expect(try #require(SequenceNumber(text)).description == text)
    }

    @Test(
        "What is no number, or too large, is no sequence number",
        arguments: ["", "-1", "+1", "1.0", " 1", "6277101735386680763835789423207666416102355444464034512896"])
    func noNumber(text: String) {
        #expect(SequenceNumber(text) == nil)
    }

    @Test("Sequence numbers are ordered by value and not by text, and each has a next one")
    func order() {
        let numbers = ["2", "10", "340282366920938463463374607431768211455", "340282366920938463463374607431768211456"]
            .compactMap { SequenceNumber($0) }
        #expect(numbers == numbers.reversed().sorted())
        #expect(numbers[2].next == numbers[3])
        #expect(numbers[0].next.description == "3")
    }
}
