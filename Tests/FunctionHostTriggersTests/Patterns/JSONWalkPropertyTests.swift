// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

/// What counts as JSON, against the core's own grammar of it.
@Suite struct JSONWalkPropertyTests {
    @Test("An event is malformed exactly if it is not JSON", arguments: 0..<2 as Range<UInt64>)
    func grammar(part: UInt64) throws {
        let pattern = try EventPattern(#"{"a": [{"exists": true}]}"#)
        var valid = 0
        for round in 0..<4_000 as Range<UInt64> {
            var generator = CaseGenerator(seed: 2 << 32 + round * 2 + part)
            let bytes = generator.spoilt(generator.event())
            let isJSON = JSONText.isValid(bytes, maximumDepth: EventPattern.maximumEventDepth)
            var code: EventError.Code?
            do { _ = try pattern.matches(bytes) } catch { code = error.code }
            // Halves of surrogate pairs are the one thing that is let through here.
            let hasHalves = String(decoding: bytes, as: UTF8.self).lowercased().contains("\\ud")
            if isJSON { valid += 1 }
            #expect((code != .malformed) == isJSON || hasHalves && code != .malformed, "seed \(round * 2 + part)")
        }
        #expect(valid > 100)
    }
}
