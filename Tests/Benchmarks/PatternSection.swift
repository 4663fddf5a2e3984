// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers

/// Events a second through rules of each kind on one core, their JSON being read included.
///
/// Goals are those of a quiet machine with a processor of 2020. Each figure is the best of several passes, since a busy machine
/// makes a pass slower and never quicker.
func measurePatterns(_ arguments: Arguments) async throws -> Bool {
    let events = PatternEvents.all(count: arguments.isQuick ? 2_000 : 10_000)
    let size = events.reduce(0) { $0 + $1.count } / events.count
    print("\npatterns: five rules of a kind, \(events.count) events of \(size) bytes")
    let passes = arguments.isQuick ? 3 : 9
    for kind in PatternRules.kinds {
        let rules = EventRules(try kind.patterns.map { ("rule", try EventPattern($0)) })
        let (rate, found) = try bestRate(of: rules, events, passes: passes)
        let share = Double(found) / Double(events.count)
        print(
            "  \(Verdict(kind.goal / rate, goal: 1))  \(thousands(rate)) k/s, goal \(thousands(kind.goal)): ",
            terminator: "")
        print("\(kind.name) (\(share.fixed(2)) rules an event)")
    }
    print("\npatterns: exact rules of two fields, the same events")
    let few = try bestRate(of: PatternRules.exact(count: 5), events, passes: passes * 2).rate
    for count in [5, 100, 1_000, 10_000] {
        let rules = try PatternRules.exact(count: count)
        // In turn with the few, so that whatever else the machine does hits both.
        let pairs = try (0..<passes).map { _ in
            (
                try bestRate(of: PatternRules.exact(count: 5), events, passes: 1).rate,
                try bestRate(of: rules, events, passes: 1).rate
            )
        }
        let ratio = (pairs.map(\.0).max() ?? few) / (pairs.map(\.1).max() ?? few)
        print(
            "  \(Verdict(ratio, goal: count > 1_000 ? nil : 1.2))  \(ratio.fixed(2)) times the time of 5: \(count) rules"
        )
    }
    return true
}

private func thousands(_ rate: Double) -> String { "\(Int(rate / 1_000))" }

/// Events a second in the best pass, and how many rules were found in one.
private func bestRate(
    of rules: EventRules<String>, _ events: [[UInt8]], passes: Int
) throws -> (rate: Double, found: Int) {
    var best = Duration.seconds(3_600)
    var found = 0
    for _ in 0..<passes {
        found = 0
        let elapsed = try ContinuousClock().measure {
            for event in events { found += try rules.matching(event).count }
        }
        best = min(best, elapsed)
    }
    return (Double(events.count) / (best / .seconds(1)), found)
}

/// Orders of a shop, as a bus would carry them.
private enum PatternEvents {
    static func all(count: Int) -> [[UInt8]] {
        var random = Chance(state: 42)
        return (0..<count).map { Array(event($0, &random).utf8) }
    }

    private static func event(_ number: Int, _ random: inout Chance) -> String {
        let items = (0..<3 + random.below(2)).map { _ in
            """
            {"sku":"sku-\(random.below(500))","pieces":\(1 + random.below(9)),"price":\(random.below(200)).\(10 + random.below(90)),\
            "tags":["\(random.of(["tea", "coffee", "cup"]))","\(random.of(["green", "black", "white"]))"]}
            """
        }
        return """
            {"version":"0","id":"6a7e8feb-b491-4cf7-a9f1-\(100_000_000_000 + number)","detail-type":"\(random.of(types))",\
            "source":"shop.\(random.of(["orders", "payments", "stock"]))","account":"123456789012",\
            "time":"2025-05-10T06:15:30Z","region":"eu-west-1",\
            "resources":["arn:aws:shop:eu-west-1:123456789012:order/\(random.below(2_000))"],\
            "detail":{"order":"order-\(random.below(2_000))","total":\(random.below(900)).\(10 + random.below(90)),\
            "currency":"\(random.of(["EUR", "USD", "NOK"]))","express":\(random.below(2) == 0),"coupon":null,\
            "customer":{"name":"customer-\(random.below(300))","mail":"c\(random.below(300))@example.org",\
            "address":{"street":"Storgata \(random.below(99))","city":"\(random.of(["Oslo", "Bergen", "Turin"]))",\
            "country":"\(random.of(["NO", "IT", "DE"]))","ip":"10.0.\(random.below(9)).\(random.below(99))"}},\
            "items":[\(items.joined(separator: ","))],"note":"the neighbours take it until nine in the evening, otherwise left at the \\"back\\" door, caf\u{E9} side"}}
            """
    }

    private static let types = ["OrderPlaced", "OrderPaid", "OrderShipped", "OrderReturned"]
}

/// The same numbers in each run.
private struct Chance {
    var state: UInt64

    mutating func below(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % count
    }

    mutating func of(_ words: [String]) -> String { words[below(words.count)] }
}

private struct PatternRules {
    let name: String
    let goal: Double
    let patterns: [String]

    static func exact(count: Int) throws -> EventRules<String> {
        EventRules(
            try (0..<count).map { number in
                let source = ["orders", "payments", "stock"][number % 3]
                return (
                    "rule",
                    try EventPattern(#"{"source": ["shop.\#(source)"], "detail": {"order": ["order-\#(number)"]}}"#)
                )
            })
    }

    static let kinds = [
        PatternRules(
            name: "exact", goal: 500_000,
            patterns: (0..<5).map { #"{"source": ["shop.orders"], "detail": {"order": ["order-\#($0 * 40)"]}}"# }),
        PatternRules(
            name: "prefix and suffix", goal: 450_000,
            patterns: (0..<5).map {
                #"{"source": [{"prefix": "shop.o"}], "detail": {"order": [{"suffix": "\#($0)7"}]}}"#
            }),
        PatternRules(
            name: "wildcard", goal: 400_000,
            patterns: (0..<5).map {
                #"{"detail": {"order": [{"wildcard": "*er-\#($0)*7"}], "customer": {"mail": [{"wildcard": "*\#($0)*@ex*"}]}}}"#
            }),
        PatternRules(
            name: "anything-but", goal: 300_000,
            patterns: (0..<5).map {
                """
                {"detail-type": [{"anything-but": ["OrderPlaced", "OrderPaid", "Order\($0)"]}], \
                "detail": {"currency": [{"anything-but": "EUR"}], "order": [{"anything-but": {"prefix": "order-\($0)"}}]}}
                """
            }),
        PatternRules(
            name: "numeric", goal: 200_000,
            patterns: (0..<5).map {
                #"{"detail": {"total": [{"numeric": [">", \#($0 * 100), "<=", \#($0 * 100 + 50)]}]}}"#
            }),
        PatternRules(
            name: "objects in lists, and numeric", goal: 90_000,
            patterns: (0..<5).map {
                """
                {"detail": {"items": {"sku": [{"prefix": "sku-\($0)"}], "tags": ["tea", "cup"], \
                "price": [{"numeric": [">", 20, "<", 120]}], "pieces": [{"numeric": [">=", \(1 + $0)]}]}}}
                """
            }),
    ]
}
