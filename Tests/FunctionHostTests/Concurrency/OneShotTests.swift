// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct OneShotTests {
    @Test("A value given before anybody waits is waited for no more")
    func giveFirst() async {
        let shot = OneShot<Int>()
        #expect(shot.give(1))
        #expect(await shot.wait() == 1)
    }

    @Test("Of several values the first stays", arguments: 2...5)
    func firstStays(count: Int) async {
        let shot = OneShot<Int>()
        #expect((0..<count).map { shot.give($0) } == [true] + Array(repeating: false, count: count - 1))
        #expect(await shot.wait() == 0)
    }

    @available(macOS 26, *)
    @Test("Whoever waits is given the value when it comes")
    func waitFirst() async {
        let shot = OneShot<String>()
        // Immediate: it waits when the next line runs.
        let waiter = Task.immediate { await shot.wait() }
        #expect(shot.give("late"))
        #expect(!shot.give("later"))
        #expect(await waiter.value == "late")
    }

    @Test("Of many who give at once one is first, and its value is what is waited for")
    func race() async {
        let shot = OneShot<Int>()
        let winners = await withTaskGroup(of: Int?.self) { group in
            for number in 0..<50 { group.addTask { shot.give(number) ? number : nil } }
            return await group.reduce(into: [Int]()) { if let winner = $1 { $0.append(winner) } }
        }
        #expect(await [shot.wait()] == winners)
    }
}
