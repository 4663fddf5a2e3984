// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The engine against the oracle, and against bytes that are nothing. `PATTERN_CASES` says how many cases there are.
@Suite struct EventPatternPropertyTests {
    private static let cases = getenv("PATTERN_CASES").flatMap { Int(String(cString: $0)) } ?? 24_000
    private static let patternsAtOnce = 8
    private static let eventsAtOnce = 8

    @Test("A pattern alone and among others accepts what the oracle says", arguments: 0..<4 as Range<UInt64>)
    func oracle(part: UInt64) throws {
        let rounds = max(1, Self.cases / 4 / (Self.patternsAtOnce * Self.eventsAtOnce))
        var matches = 0
        for round in 0..<UInt64(rounds) {
            let seed = round * 4 + part
            var generator = CaseGenerator(seed: seed)
            var patterns: [(text: String, compiled: EventPattern)] = []
            while patterns.count < Self.patternsAtOnce {
                let text = generator.pattern()
                if let compiled = try Self.compiled(text) { patterns.append((text, compiled)) }
            }
            let oracles = patterns.map { PatternOracle($0.text) }
            let rules = EventRules(patterns.enumerated().map { ($0, $1.compiled) })
            for _ in 0..<Self.eventsAtOnce {
                let event = generator.event()
                let bytes = Array(event.utf8)
                let expected = oracles.indices.filter { oracles[$0].matches(event) }
                matches += expected.count
                let alone = try patterns.indices.filter { try patterns[$0].compiled.matches(bytes) }
                let together = try rules.matching(bytes)
                guard alone == expected, together == expected else {
                    let wrong = Set(alone).symmetricDifference(expected).union(
                        Set(together).symmetricDifference(expected))
                    for index in wrong { Issue.record("seed \(seed): \(patterns[index].text) on \(event)") }
                    return
                }
            }
        }
        // Cases that never match would tell little.
        #expect(matches > rounds * Self.patternsAtOnce * Self.eventsAtOnce / 50)
    }

    /// Nil for one that is valid, but more than is allowed.
    private static func compiled(_ text: String) throws -> EventPattern? {
        do {
            return try EventPattern(text)
        } catch {
            let isTooMuch = ["Rule is too complex", "Event pattern is longer", "More than"].contains(
                where: error.reason.hasPrefix)
            guard isTooMuch else { throw error }
            return nil
        }
    }

    @Test("Bytes that are nothing are refused or matched, and never crash", arguments: 0..<2 as Range<UInt64>)
    func fuzz(part: UInt64) throws {
        let known = try EventPattern(#"{"a": [1, {"exists": false}], "b": {"c": [{"wildcard": "*a*"}]}}"#)
        var refused = 0
        for round in 0..<UInt64(max(1, Self.cases / 8)) {
            var generator = CaseGenerator(seed: 1 << 32 + round * 2 + part)
            let event = round % 4 == 0 ? generator.noise() : generator.spoilt(generator.event())
            do { _ = try known.matches(event) } catch { refused += 1 }
            let pattern = String(decoding: generator.spoilt(generator.pattern()), as: UTF8.self)
            do throws(EventPatternError) { _ = try EventPattern(pattern) } catch {
                #expect(error.offset <= pattern.utf8.count)
            }
        }
        #expect(refused > 0)
    }
}
