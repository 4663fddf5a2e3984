// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct DestinationTests {
    private struct Nowhere: Destination {
        let name = "nowhere"
        func deliver(_ delivery: Delivery) async throws {}
    }

    @Test("A target is called by its function's or its destination's name")
    func names() {
        #expect(DestinationTarget.function("audit").name == "audit")
        #expect(DestinationTarget.sink(Nowhere()).name == "nowhere")
        #expect(DestinationTarget.sink(JSONLinesDestination(path: "records.jsonl")).name == "records.jsonl")
    }

    @Test(
        "A function is no destination of itself, and its name must be one",
        arguments: [
            (DestinationTarget.function("audit"), nil),
            (.function("checkout"), "a function cannot be its own destination"),
            (.function(""), "of a destination the name is empty; give it 1 to 64 of A-Z a-z 0-9 _ -"),
            (.sink(Nowhere()), nil),
        ] as [(DestinationTarget, String?)])
    func faults(target: DestinationTarget, expected: String?) {
        #expect(target.fault(for: "checkout") == expected)
    }
}
