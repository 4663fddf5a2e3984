// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

/// The code of the article *Matching events*.
@Suite struct MatchingEventsArticle {
    @Test func onePattern() throws {
        let pattern = try EventPattern(
            #"{"source": ["shop"], "detail": {"state": ["paid", "sent"], "total": [{"numeric": [">", 100]}]}}"#)
        let event = #"{"id": "1", "source": "shop", "detail": {"state": "paid", "total": 120.50}}"#
        let matches = try pattern.matches(Array(event.utf8))
        #expect(matches)
    }

    @Test func lists() throws {
        let people = try EventPattern(#"{"users": {"name": ["Ann"], "age": [30]}}"#)
        let two = Array(#"{"users": [{"name": "Ann", "age": 20}, {"name": "Bob", "age": 30}]}"#.utf8)
        let isOneOfThem = try people.matches(two)
        #expect(!isOneOfThem)
    }

    @Test func refusal() {
        var printed = ""
        func print(_ error: EventPatternError) { printed = "\(error)" }
        do {
            _ = try EventPattern(#"{"source": "shop"}"#)
        } catch {
            print(error)
        }
        #expect(printed.contains(#""source" must be an object or an array at line 1, column 12"#))
    }

    @Test func manyRules() throws {
        let everything = try EventPattern(#"{"source": [{"exists": true}]}"#)
        let large = try EventPattern(#"{"detail": {"total": [{"numeric": [">", 100]}]}}"#)
        let paid = try EventPattern(#"{"detail": {"state": ["paid"]}}"#)
        let event = Array(#"{"source": "shop", "detail": {"state": "paid", "total": 20}}"#.utf8)
        let rules = EventRules([("audit", everything), ("large", large), ("paid", paid)])
        let names = try rules.matching(event)
        #expect(names == ["audit", "paid"])
    }

    @Test func records() throws {
        let criteria = try FilterCriteria(
            [#"{"body": {"state": ["paid"]}}"#, #"{"body": {"total": [{"numeric": [">", 100]}]}}"#], of: .sqs)
        let record = #"{"messageId": "1", "body": "{\"state\": \"sent\", \"total\": 120}"}"#
        let isDelivered = try criteria.passes(Array(record.utf8))
        #expect(isDelivered)
    }

    @Test func messages() throws {
        let policy = try FilterPolicy(#"{"store": ["north"], "price": [{"numeric": ["<", 10]}]}"#)
        let isForUs = try policy.passes(attributes: ["store": .string("north"), "price": .number("7.5")], body: [])
        #expect(isForUs)
    }
}
