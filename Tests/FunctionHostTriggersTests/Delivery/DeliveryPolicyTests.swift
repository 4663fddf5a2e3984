// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@testable import FunctionHostTriggers

/// What becomes of what a target did not take.
@Suite struct DeliveryPolicyTests {
    private static let passing = DeliveryFault(code: "THROTTLING", message: "full", mayPass: true)

    @Test(
        "The first limit that is reached ends it",
        arguments: [
            (0, 0, "MaximumRetryAttempts"), (2, 1, nil), (2, 2, "MaximumRetryAttempts"), (185, 184, nil),
            (185, 185, "MaximumRetryAttempts"),
        ] as [(Int, Int, String?)])
    func attempts(maximum: Int, retries: Int, condition: String?) {
        let policy = DeliveryPolicy(maximumRetryAttempts: maximum)
        var random = SplitMix64(seed: 1)
        let verdict = policy.verdict(on: Self.passing, afterRetries: retries, age: .zero, using: &random)
        if case .giveUp(let exhausted) = verdict {
            #expect(exhausted?.rawValue == condition)
        } else {
            #expect(condition == nil)
        }
    }

    @Test("Age ends it too, and the last try is when it is that old", arguments: 0..<50)
    func age(seed: Int) {
        let policy = DeliveryPolicy(maximumEventAge: .seconds(60))
        var random = SplitMix64(seed: UInt64(seed))
        #expect(
            policy.verdict(on: Self.passing, afterRetries: 1, age: .seconds(60), using: &random) == .giveUp(.age))
        guard
            case .again(let pause) = policy.verdict(
                on: Self.passing, afterRetries: 100, age: .seconds(58), using: &random)
        else { return #expect(Bool(false)) }
        #expect(pause <= .seconds(2) && pause > .zero)
    }

    @Test("Pauses double up to a quarter of an hour, with chance", arguments: 0..<50)
    func pauses(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        for (retries, longest) in [(0, 1), (1, 2), (3, 8), (9, 512), (10, 900), (184, 900)] {
            guard
                case .again(let pause) = DeliveryPolicy().verdict(
                    on: Self.passing, afterRetries: retries, age: .zero, using: &random)
            else { return #expect(Bool(false)) }
            #expect(pause >= .milliseconds(100) && pause <= .seconds(longest))
        }
    }

    @Test("What cannot pass is given up at once, by no limit")
    func permanent() {
        var random = SplitMix64(seed: 1)
        let fault = DeliveryFault(FunctionHostError(.notFound, reason: "there is none"))
        #expect(fault.code == "NO_RESOURCE")
        #expect(DeliveryPolicy().verdict(on: fault, afterRetries: 0, age: .zero, using: &random) == .giveUp(nil))
    }

    @Test("Limits out of their range are told", arguments: [(-1, 60), (186, 60), (0, 59), (0, 86_401)])
    func limits(attempts: Int, age: Int) {
        #expect(DeliveryPolicy(maximumRetryAttempts: attempts, maximumEventAge: .seconds(age)).fault != nil)
    }

    @Test(
        "What is kept is read back as it was",
        arguments: ["{\"a\":[1,\"ü\"]}", "plain \"text\"\n", "\"json\"", "", "{no"])
    func kept(body: String) throws {
        var content = DeliveryContent(id: "1", body: Array(body.utf8))
        var kept = KeptDelivery(target: "rule/\"t\"", since: Timestamp(nanoseconds: 5), content: content)
        #expect(KeptDelivery(kept.json) == kept)
        content.event = Array("{\"b\":2}".utf8)
        content.attributes = ["s": .string("x\u{1}"), "n": .number("1e3"), "b": .binary([0, 255, 7])]
        (content.groupID, content.deduplicationID, content.traceHeader) = ("g", "d", "t")
        kept.content = content
        kept.fault = "why"
        #expect(KeptDelivery(kept.json) == kept)
    }

    @Test(
        "What is nothing that was kept is not read",
        arguments: ["", "[]", "{}", "null", "{\"target\":\"a\",\"since\":1}"])
    func nothingKept(text: String) {
        #expect(KeptDelivery(Array(text.utf8)) == nil)
    }
}
