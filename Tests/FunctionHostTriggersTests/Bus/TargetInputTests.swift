// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// What targets are given of an event.
@Suite("Inputs of targets", .simulated(seeds: 0..<1)) struct TargetInputTests {
    private static let detail =
        #"{"s":"a \"b\"","plain":"p","n":1.50,"yes":true,"no":null,"list":["x","y"],"deep":[1,[],{},{"k":"v"}],"o":{"k":"v","k2":"v2"},"a key":1,"two":1,"two":2}"#

    @Test(
        "An input path gives what is there, as JSON",
        arguments: [
            ("$.detail.plain", #""p""#), ("$.detail.n", "1.50"), ("$.detail.list[1]", #""y""#),
            ("$.detail.o", #"{"k":"v","k2":"v2"}"#), ("$.detail['a key']", "1"), ("$.detail[\"a key\"]", "1"),
            ("$.detail-type", #""x""#), ("$.detail.two", "2"), ("$.detail.no", "null"),
        ])
    func path(path: String, expected: String) async throws {
        #expect(try await BusRig().made(.path(path), from: Self.detail) == [expected])
    }

    @Test("A constant is given as it is, and the whole path is the event")
    func others() async throws {
        #expect(try await BusRig().made(.constant(#"{"k": 1}"#), from: Self.detail) == [#"{"k": 1}"#])
        let whole = try await BusRig().made(.path("$"), from: "{}")
        #expect(
            whole.count == 1 && whole[0].hasPrefix(#"{"version":"0","id":"#) && whole[0].hasSuffix(#""detail":{}}"#))
    }

    /// The rows of the service's table: a place bare in JSON, inside a string of JSON, and in text.
    @Test(
        "A place is filled by where it stands and what is there",
        arguments: [
            ("plain", #"{"v":"p"}"#, #"{"v":"[p]"}"#, #""[p]""#),
            ("n", #"{"v":1.50}"#, #"{"v":"[1.50]"}"#, #""[1.50]""#),
            ("yes", #"{"v":true}"#, #"{"v":"[true]"}"#, #""[true]""#),
            ("list", #"{"v":["x","y"]}"#, nil, #""[[x,y]]""#),
            ("o", #"{"v":{"k":"v","k2":"v2"}}"#, nil, #""[{k:v,k2:v2}]""#),
            ("deep", #"{"v":[1,[],{},{"k":"v"}]}"#, nil, #""[[1,[],{},{k:v}]]""#),
            ("nothing", #"{"v":""}"#, #"{"v":"[]"}"#, #""[]""#),
            ("s", #"{"v":"a \"b\""}"#, nil, #""[a "b"]""#),
        ] as [(String, String, String?, String)])
    func places(member: String, bare: String, inString: String?, inText: String) async throws {
        let paths = ["v": "$.detail.\(member)"]
        for (template, expected) in [
            (#"{"v":<v>}"#, bare), (#"{"v":"[<v>]"}"#, inString), (#""[<v>]""#, inText),
        ] as [(String, String?)] {
            let made = try await BusRig().made(.template(template, paths: paths), from: Self.detail)
            #expect(made == (expected.map { [$0] } ?? []), "\(template)")
        }
    }

    @Test("Names that are built in")
    func builtIn() async throws {
        let arn = "arn:aws:events:local:000000000000:rule/orders/all"
        let template =
            #" {"a":<aws.events.rule-arn>,"n":"<aws.events.rule-name>","t":<aws.events.event.ingestion-time>}"#
        #expect(
            try await BusRig().made(.template(template), from: "{}") == [
                #" {"a":"\#(arn)","n":"all","t":"2026-01-01T00:00:00Z"}"#
            ])
        let whole = try await BusRig().made(.template(#"{"e":<aws.events.event.json>}"#), from: #"{"k":1}"#)
        #expect(whole[0].hasPrefix(#"{"e":{"version":"0","#) && whole[0].hasSuffix(#""detail":{"k":1}}}"#))
        #expect(try await BusRig().made(.template("<aws.events.event.json>"), from: "{}")[0].hasPrefix(#"{"version""#))
        let without = try await BusRig().made(.template(#"{"e":<aws.events.event>}"#), from: #"{"k":1}"#)
        #expect(without[0].hasPrefix(#"{"e":{"id":""#))
        #expect(
            without[0].hasSuffix(
                #"","account":"000000000000","detailType":"x","time":"2026-01-01T00:00:00Z","source":"shop","region":"local","resources":[],"version":"0"}}"#
            ))
    }

    @Test("A text template keeps its quotes and its lines")
    func text() async throws {
        let template = "\"<a> was <b>\"\n\"<c not a place> < >\""
        let paths = ["a": "$.detail.plain", "b": "$.detail.n"]
        #expect(
            try await BusRig().made(.template(template, paths: paths), from: Self.detail)
                == ["\"p was 1.50\"\n\"<c not a place> < >\""])
    }

    @Test(
        "What cannot be is told when the rule is put, by target and place",
        arguments: [
            (TargetInput.constant("{"), "Input for target t is not JSON: the text ends too early at byte 1"),
            (.path("detail"), "InputPath for target t is no path: it does not begin with $ at byte 0 of detail"),
            (.path("$."), "InputPath for target t is no path: a name is expected at byte 2 of $."),
            (
                .path("$.a[x]"),
                "InputPath for target t is no path: a number or a name in quotes is expected at byte 4 of $.a[x]"
            ),
            (.path("$.a[1"), "InputPath for target t is no path: ] is expected at byte 5 of $.a[1"),
            (.path("$a"), "InputPath for target t is no path: . or [ is expected at byte 1 of $a"),
            (
                .template("<v>", paths: ["v": "$.", "a": "$.b"]),
                "InputPathsMap for target t: the path of v is no path: a name is expected at byte 2 of $."
            ),
            (.template("<v>"), "InputTemplate for target t contains invalid placeholder v."),
            (
                .template(#"{"e":"<aws.events.event.json>"}"#),
                "InputTemplate for target t contains invalid placeholder aws.events.event.json."
            ),
            (
                .template("x <aws.events.event>"),
                "InputTemplate for target t contains invalid placeholder aws.events.event."
            ),
            (
                .template(#"{"v":<v>"#, paths: ["v": "$.v"]),
                "InputTemplate for target t is not JSON: the text ends too early at byte 8"
            ),
            (
                .template(String(repeating: "x", count: 8_193)),
                "InputTemplate for target t is longer than 8192 characters"
            ),
            (
                .template("x", paths: Dictionary(uniqueKeysWithValues: (0...100).map { ("v\($0)", "$") })),
                "InputPathsMap for target t has more than 100 names"
            ),
        ])
    func invalid(input: TargetInput, reason: String) throws {
        let rig = try BusRig()
        let error = #expect(throws: EventBusError.self) {
            try rig.route(RuleTarget("t", .function("work"), input: input))
        }
        #expect(error?.code == .validation)
        #expect(error?.reason == "\(reason) (rule all)")
    }

    @Test(
        "What an input cannot be made of goes to the dead letters, the target's or the host's",
        arguments: [true, false])
    func unmade(hasQueue: Bool) async throws {
        let rig = try BusRig()
        let (sink, letters) = (TestSink(), TestSink("letters"))
        let policy = DeliveryPolicy(deadLetterQueue: hasQueue ? letters : nil)
        try rig.route(RuleTarget("t", .queue(sink), input: .path("$.detail.absent"), delivery: policy))
        _ = try await rig.bus.put([BusRig.entry])[0].get()
        try await rig.host.run { try await rig.host.drain() }
        #expect(sink.bodies == [])
        if hasQueue {
            #expect(letters.bodies.count == 1 && letters.bodies[0].hasSuffix(#""detail":{"total":120}}"#))
            #expect(letters.entries.first?.attributes["ERROR_CODE"] == .string("INVALID_JSON"))
        } else {
            let dead = try await rig.host.deadLetters.list()
            #expect(dead.map(\.event.functionName) == ["bus-orders-deliveries"])
        }
    }
}
