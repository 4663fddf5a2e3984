// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// Who answers the caller of a handler on the bulkhead.
@Suite("Answers from the bulkhead") struct AnswerTests {
    /// Lets the handler end while it is told that the invocation was cancelled.
    private final class SlowEnd: HostObserver {
        private let gate: Gate
        init(_ gate: Gate) { self.gate = gate }
        var delivery: ObserverDelivery { .immediate }
        func invocationFinished(_ report: InvocationReport) {
            guard report.outcome == .cancelled else { return }
            gate.open()
            let end = SystemClock().now.advanced(by: .milliseconds(100))
            while SystemClock().now < end {}
        }
    }

    @Test("A handler that ends while its caller's cancellation is being told changes the answer no more")
    func claimed() async throws {
        let gate = Gate()
        let host = FunctionHost(observers: [SlowEnd(gate)])
        let work = try host.register("work", configuration: .init(timeout: nil, placement: .bulkhead)) { (_: Void, _) in
            await gate.pass()
        }
        try await host.run {
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) { try await host.invoke(work) }
                }
                try await until { gate.waiting != 0 }
                group.cancelAll()
            }
        }
    }
}
