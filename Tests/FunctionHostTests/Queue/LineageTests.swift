// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct LineageTests {
    @Test("A lineage counts how often each function occurs")
    func counting() throws {
        var lineage: [String: Int] = [:]
        for name in ["a", "b", "a", "a"] { lineage = try Lineage.extending(lineage, with: name) }
        #expect(lineage == ["a": 3, "b": 1])
    }

    @Test("A function may occur in its own chain up to the limit, whatever others are between", arguments: [1, 2, 16])
    func limit(limit: Int) throws {
        var lineage: [String: Int] = [:]
        for _ in 0..<limit {
            lineage = try Lineage.extending(lineage, with: "ping", limit: limit)
            lineage = try Lineage.extending(lineage, with: "pong", limit: limit)
        }
        let error = #expect(throws: FunctionHostError.self) {
            try Lineage.extending(lineage, with: "ping", limit: limit)
        }
        #expect(error?.code == .recursionLimit)
        #expect(error?.functionName == "ping")
        #expect(
            error?.reason
                == "it occurs \(limit) times in its own chain of invocations already, and the limit is \(limit); "
                + "end the chain, or allow it more")
        #expect(try Lineage.extending(lineage, with: "other", limit: limit)["other"] == 1)
    }

    @Test("The limit is 16 unless said otherwise, as in Lambda")
    func lambda() throws {
        #expect(try Lineage.extending(["a": 15], with: "a") == ["a": 16])
        #expect(throws: FunctionHostError.self) { try Lineage.extending(["a": 16], with: "a") }
    }

    @Test("A damaged lineage neither traps nor goes on for ever", arguments: [Int.min, -1, .max])
    func damaged(count: Int) {
        let next = try? Lineage.extending(["a": count], with: "a")
        #expect(next == (count < 0 ? ["a": 1] : nil))
    }
}
