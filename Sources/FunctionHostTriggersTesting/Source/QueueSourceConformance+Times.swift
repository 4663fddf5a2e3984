// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

extension QueueSourceConformance {
    static let times: [Check] = [
        Check("A message that nobody deletes is there again when its time is over, and that is a change") { subject in
            guard let advance = subject.advance else { return }
            try await subject.sendEach("a")
            let first = try await subject.receiveOne(visibility: .seconds(30))
            let watch = subject.watch()
            let seen = watch.count
            try await advance(.seconds(25))
            try await subject.expectNothing("before its time is over")
            try await advance(.seconds(10))
            await watch.wait(since: seen)
            let second = try await subject.receiveOne()
            try equal(second.id, first.id, "its id")
            try equal(second.receiveCount, 2, "how often it was received")
            try equal(try await subject.source.delete([first.receipt]), [false], "the old receipt")
        },
        Check("Visibility is changed from now on") { subject in
            guard let advance = subject.advance else { return }
            try await subject.sendEach("a")
            let message = try await subject.receiveOne(visibility: .seconds(30))
            try await advance(.seconds(20))
            let answer = try await subject.source.changeVisibility(of: [message.receipt], to: .seconds(30))
            try equal(answer, [true], "the answer")
            try await advance(.seconds(20))
            try await subject.expectNothing("as it was prolonged")
            try await advance(.seconds(15))
            _ = try await subject.receiveOne()
        },
    ]

    static let waking: [Check] = [
        Check("A message that comes is a change, and nobody waits for one that has come") { subject in
            let watch = subject.watch()
            let seen = watch.count
            try await subject.sendEach("a")
            try expect(watch.count != seen, "there is no change")
            await watch.wait(since: seen)
        },
        Check("A message that is made visible is a change") { subject in
            try await subject.sendEach("a")
            let message = try await subject.receiveOne()
            let watch = subject.watch()
            let seen = watch.count
            _ = try await subject.source.changeVisibility(of: [message.receipt], to: .zero)
            await watch.wait(since: seen)
        },
        Check("Whoever waits is woken by a message that comes") { subject in
            for round in 0..<20 {
                let watch = subject.watch()
                let seen = watch.count
                async let waiting: Void = watch.wait(since: seen)
                await Task.yield()
                try await subject.sendEach("\(round)")
                await waiting
            }
        },
        Check("A waiter whose task is cancelled returns") { subject in
            await withTaskGroup(of: Void.self) { group in
                let watch = subject.watch()
                let seen = watch.count
                for _ in 0..<3 { group.addTask { await watch.wait(since: seen) } }
                await Task.yield()
                group.cancelAll()
            }
        },
    ]
}
