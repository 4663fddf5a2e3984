// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct AttemptStateMachineTests {
    private typealias Attempt = AttemptStateMachine<String>
    private static let causes: [StopCause] = [.deadline, .caller, .shutdown]

    @Test("Whoever waits for a running attempt goes on when it ends")
    func end() {
        var attempt = Attempt()
        #expect(attempt.wait("parent") == .wait)
        #expect(!attempt.hasEnded)
        #expect(attempt.end() == "parent")
        #expect(attempt.hasEnded)
        #expect(attempt.cause == nil)
    }

    @Test("Whoever comes after the end goes on at once")
    func late() {
        var attempt = Attempt()
        #expect(attempt.end() == nil)
        #expect(attempt.wait("parent") == .goOn)
    }

    @Test("A stop wakes the parent once; it then waits for the end", arguments: causes)
    func stop(cause: StopCause) {
        var attempt = Attempt()
        _ = attempt.wait("parent")
        let (isFirst, waiter) = attempt.stop(cause)
        #expect(isFirst)
        #expect(waiter == "parent")
        #expect(attempt.cause == cause)
        #expect(attempt.wait("parent") == .wait)
        #expect(attempt.end() == "parent")
        #expect(attempt.cause == cause)
    }

    @Test("A parent that comes after the stop cancels, once, and then waits", arguments: causes)
    func stopBeforeWait(cause: StopCause) {
        var attempt = Attempt()
        let (isFirst, waiter) = attempt.stop(cause)
        #expect(isFirst)
        #expect(waiter == nil)
        #expect(attempt.wait("parent") == .cancel)
        #expect(attempt.wait("parent") == .wait)
        #expect(attempt.end() == "parent")
    }

    @Test("Of several stops the first is the cause", arguments: causes, causes)
    func firstStop(first: StopCause, second: StopCause) {
        var attempt = Attempt()
        _ = attempt.stop(first)
        let (isFirst, waiter) = attempt.stop(second)
        #expect(!isFirst)
        #expect(waiter == nil)
        #expect(attempt.cause == first)
        _ = attempt.end()
        #expect(attempt.cause == first)
    }

    @Test("A stop after the end changes nothing", arguments: causes)
    func stopAfterEnd(cause: StopCause) {
        var attempt = Attempt()
        _ = attempt.end()
        #expect(!attempt.stop(cause).isFirst)
        #expect(attempt.cause == nil)
        #expect(attempt.wait("parent") == .goOn)
    }

    @Test("A second stop does not take a waiter who waits for the end")
    func secondStop() {
        var attempt = Attempt()
        _ = attempt.stop(.deadline)
        _ = attempt.wait("parent")
        _ = attempt.wait("parent")
        #expect(attempt.stop(.shutdown).waiter == nil)
        #expect(attempt.end() == "parent")
    }

    @Test("An attempt that ends twice traps")
    func endTwice() async {
        await #expect(processExitsWith: .failure) {
            var attempt = AttemptStateMachine<Int>()
            _ = attempt.end()
            _ = attempt.end()
        }
    }
}
