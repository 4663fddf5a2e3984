// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@testable import FunctionHostTriggers

/// Paths and templates that somebody made to do harm, or by chance.
@Suite struct InputPropertyTests {
    private static let scraps = [
        "{", "}", "[", "]", "\"", "\\", ":", ",", "<v>", "<w>", "<aws.events.event.json>", "<aws.events.rule-name>",
        "<", ">", "a",
        "1", " ", "\n", "null", "ü", "\\\"", "\"k\":", "<none>",
    ]
    private static let details = [
        "{}", #"{"v":"x","w":[1,"y",{"z":[]}]}"#, #"{"v":"\"},{\"","w":{"k":"\\"}}"#, #"{"v":null,"w":true}"#,
        #"{"v":[[[[]]]],"w":""}"#,
    ]

    private func random(_ seed: Int, upTo count: Int) -> String {
        var random = SplitMix64(seed: UInt64(seed))
        return (0..<Int.random(in: 0...count, using: &random))
            .map { _ in Self.scraps[Int.random(in: 0..<Self.scraps.count, using: &random)] }.joined()
    }

    @Test("A template that begins as JSON gives JSON or nothing, whatever it and the event are")
    func templates() throws {
        let paths = ["v": try JSONPath("$.detail.v"), "w": try JSONPath("$.detail.w")]
        var compiled = 0
        for seed in 0..<20_000 {
            let isJSON = seed % 2 == 0
            let text = isJSON ? "{\"a\":\(random(seed, upTo: 6))}" : random(seed, upTo: 12)
            guard let template = try? InputTemplate(text, paths: paths, of: "t") else { continue }
            compiled += 1
            for detail in Self.details {
                let event = Array(#"{"detail":\#(detail)}"#.utf8)
                let input = InputEvent(
                    event, tape: try JSONTape(event, maximumDepth: 100), ruleName: "r", ruleARN: "a", ingestionTime: "t"
                )
                guard let filled = try? template.filled(from: input) else { continue }
                if text.first(where: { !" \n".contains($0) }) == "{" {
                    #expect((try? JSONTape(filled, maximumDepth: 1_000)) != nil, "\(text)")
                }
            }
        }
        #expect(compiled > 1_000)
    }

    @Test("Paths by chance are read or refused, and lead somewhere or nowhere")
    func paths() throws {
        let scraps = ["$", ".", "[", "]", "'", "\"", "a", "detail", "0", "1", "99999999999999999999", "-1", " ", "ü"]
        let tape = try JSONTape(Array(#"{"detail":{"a":[1,[2]],"ü":1},"a":0}"#.utf8), maximumDepth: 10)
        var found = 0
        for seed in 0..<20_000 {
            var random = SplitMix64(seed: UInt64(seed))
            let count = Int.random(in: 0...7, using: &random)
            let text = "$" + (0..<count).map { _ in scraps[Int.random(in: 0..<scraps.count, using: &random)] }.joined()
            do throws(JSONPathError) {
                if try JSONPath(text).find(in: tape) != nil { found += 1 }
            } catch {
                #expect(error.offset <= text.utf8.count)
            }
        }
        #expect(found > 100)
    }

    @Test("A text that is put into thousands of places is not written out beyond the limit")
    func grown() throws {
        let event = Array(#"{"detail":{"v":"\#(String(repeating: "x", count: 200_000))"}}"#.utf8)
        let places = String(repeating: "<v>", count: 2_700)
        let template = try InputTemplate(places, paths: ["v": try JSONPath("$.detail.v")], of: "t")
        let input = InputEvent(
            event, tape: try JSONTape(event, maximumDepth: 1_000), ruleName: "r", ruleARN: "a", ingestionTime: "t")
        #expect(throws: TargetInputError.self) { try template.filled(from: input) }
    }

    @Test("A list of a hundred thousand, nested a thousand deep, is written as text")
    func large() throws {
        let wide = "[" + String(repeating: "\"x\",", count: 100_000) + "1]"
        let deep = String(repeating: "[", count: 990) + String(repeating: "]", count: 990)
        let event = Array(#"{"detail":{"v":\#(wide),"w":\#(deep)}}"#.utf8)
        let paths = ["v": try JSONPath("$.detail.v"), "w": try JSONPath("$.detail.w")]
        let template = try InputTemplate("<v> <w>", paths: paths, of: "t")
        let input = InputEvent(
            event, tape: try JSONTape(event, maximumDepth: 1_000), ruleName: "r", ruleARN: "a", ingestionTime: "t")
        #expect(try template.filled(from: input).count == 2 + 200_000 + 1 + 1 + deep.utf8.count)
    }
}
