// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct AdmissionThrottleTests {
    /// A machine of one function with a reservation (0) and one without (1), each full.
    private func full(reserved: Int, limit: Int, held: Int64 = 0, times: Int = 0) -> AdmissionStateMachine<Int> {
        var machine = AdmissionStateMachine<Int>(limit: limit, unreservedMinimum: 0)
        machine.addLane()
        machine.addLane()
        _ = machine.reserve(reserved, for: 0)
        for lane in [0, 1] {
            while case .admitted = machine.acquire(lane, waiter: nil) {}
            for _ in 0..<times where machine.inFlight(of: lane) > 0 {
                _ = machine.release(lane, held: held)
                _ = machine.acquire(lane, waiter: nil)
            }
        }
        return machine
    }

    @Test("A throttle names the limit and what it allows", arguments: [(0, 2), (1, 3)])
    func limit(lane: Int, allowed: Int) throws {
        var machine = full(reserved: 2, limit: 5)
        guard case .rejected(let throttle) = machine.acquire(lane, waiter: nil) else {
            Issue.record("not rejected")
            return
        }
        #expect(throttle.limit == (lane == 0 ? .reservedConcurrency : .unreservedConcurrency))
        #expect(throttle.allowed == allowed)
        #expect(throttle == machine.throttle(lane))
    }

    @Test("Where the limit is 0 waiting is vain, so there is no retry-after", arguments: [(0, 0), (3, 1)])
    func nothingAllowed(reserved: Int, lane: Int) {
        let throttle = full(reserved: reserved, limit: 3).throttle(lane)
        #expect(throttle.allowed == 0)
        #expect(throttle.retryAfter == nil)
    }

    @Test("Before anything ran a permit is taken to be held for a tenth of a second")
    func unknown() {
        let machine = full(reserved: 2, limit: 6)
        #expect(machine.throttle(0).retryAfter == .milliseconds(50))
        #expect(machine.throttle(1).retryAfter == .milliseconds(25))
    }

    @Test(
        "The retry-after approaches the time permits are held, from 1 ms to a minute",
        arguments: [
            (Int64(1), Duration.milliseconds(1)...Duration.milliseconds(1)),
            (Int64(2_000_000_000), Duration.milliseconds(1_900)...Duration.milliseconds(2_000)),
            (Int64(59_000_000_000), Duration.milliseconds(57_000)...Duration.milliseconds(59_000)),
            (Int64.max, Duration.seconds(60)...Duration.seconds(60)),
        ])
    func bounds(held: Int64, expected: ClosedRange<Duration>) throws {
        let retryAfter = try #require(full(reserved: 1, limit: 2, held: held, times: 40).throttle(0).retryAfter)
        #expect(expected.contains(retryAfter))
        #expect(full(reserved: 1, limit: 2, held: held, times: 40).throttle(1).retryAfter == retryAfter)
    }

    @Test("Everyone ahead in the queue makes the retry-after longer, in proportion")
    func queueLength() {
        var machine = full(reserved: 2, limit: 4)
        for waiter in 0..<3 { _ = machine.acquire(0, waiter: waiter) }
        #expect(machine.throttle(0).retryAfter == .milliseconds(200))
        #expect(machine.throttle(1).retryAfter == .milliseconds(50), "another queue's length is no matter here")
    }
}
