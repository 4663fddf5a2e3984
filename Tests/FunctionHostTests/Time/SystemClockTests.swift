// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct SystemClockTests {
    @Test("Time never goes back, and all clocks tell the same")
    func monotonic() {
        var last = SystemClock().now
        for _ in 0..<1_000 {
            let now = SystemClock().now
            #expect(now >= last)
            last = now
        }
    }

    @Test("The timeline is the calendar's: after 2020 and before it ends")
    func calendar() {
        let year2020 = Timestamp(nanoseconds: 1_577_836_800_000_000_000)
        #expect(SystemClock().now > year2020)
        #expect(SystemClock().wallTime > year2020)
        #expect(SystemClock().now < .distantFuture)
        #expect(SystemClock().minimumResolution == .nanoseconds(1))
    }

    @Test("Sleeping until a time that has passed returns at once; a cancelled sleep throws")
    func sleep() async throws {
        let clock = SystemClock()
        try await clock.sleep(until: .at(0))
        let sleeper = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(until: .distantFuture)
        }
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
}
