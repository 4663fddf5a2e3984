// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct InvocationIDTests {
    @Test("Every id is a UUID of version 4, and is read as it is written", arguments: 1...3)
    func roundTrip(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        for _ in 0..<300 {
            let id = InvocationID(high: random.next(), low: random.next())
            let text = Array(id.description)
            #expect(text.count == 36)
            #expect(text[14] == "4")
            #expect("89ab".contains(text[19]))
            #expect([8, 13, 18, 23].allSatisfy { text[$0] == "-" })
            #expect(InvocationID(id.description) == id)
            #expect(InvocationID(id.description.uppercased()) == id)
        }
    }

    @Test(
        "An id is written in lower case with version and variant set",
        arguments: [
            (0, 0, "00000000-0000-4000-8000-000000000000"), (.max, .max, "ffffffff-ffff-4fff-bfff-ffffffffffff"),
            (0x0123_4567_89AB_CDEF, 0x0123_4567_89AB_CDEF, "01234567-89ab-4def-8123-456789abcdef"),
        ] as [(UInt64, UInt64, String)])
    func text(high: UInt64, low: UInt64, text: String) {
        #expect(InvocationID(high: high, low: low).description == text)
    }

    @Test(
        "Text that is no UUID of version 4 is no id",
        arguments: [
            "", "01234567-89ab-4def-8123-456789abcde", "01234567-89ab-4def-8123-456789abcdef0",
            "01234567-89ab-1def-8123-456789abcdef", "01234567-89ab-4def-c123-456789abcdef",
            "01234567-89ab-4def-0123-456789abcdef", "0123456789ab-4def-8123-456789abcdef-",
            "g1234567-89ab-4def-8123-456789abcdef",
            "01234567_89ab-4def-8123-456789abcdef", "01234567-89ab-4def-8123-456789abcdé",
            " 1234567-89ab-4def-8123-456789abcdef",
        ])
    func noID(text: String) {
        #expect(InvocationID(text) == nil)
    }

    @Test("The same seed gives the same numbers, and near seeds give others")
    func random() {
        func first(_ seed: UInt64) -> [UInt64] {
            var random = SplitMix64(seed: seed)
            return (0..<4).map { _ in random.next() }
        }
        #expect(first(7) == first(7))
        #expect(Set((0..<1_000).flatMap { first($0) }).count == 4_000)
    }

    @Test("The ids of a host are all different, from those of other hosts too, and neighbours do not look alike")
    func numbered() {
        let ids = (0..<4 as Range<UInt64>).map { seed in
            (0..<5_000 as Range<UInt64>).map { InvocationID(number: $0, seed: seed) }
        }
        #expect(Set(ids.joined()).count == 20_000)
        #expect(Set(ids.joined().map(\.high)).count == 20_000)
        for (one, next) in zip(ids[1], ids[1].dropFirst()) {
            #expect((one.high ^ next.high).nonzeroBitCount > 8)
            #expect(zip(one.description, next.description).filter { $0 == $1 }.count < 24)
        }
    }

    @Test("Mixing keeps different numbers different")
    func mix() {
        #expect(Set((0..<10_000).map { SplitMix64.mix($0) }).count == 10_000)
    }
}
