// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

extension QueueSourceConformance {
    typealias Check = SourceCheck<QueueSubject>

    static let receiving: [Check] = [
        Check("An empty queue has nothing to receive") { try await $0.expectNothing("from an empty queue") },
        Check("A message has the body that was sent, and is received for the first time") { subject in
            try await subject.sendEach("é😀\"\\\n")
            let message = try await subject.receiveOne()
            try equal(message.body, "é😀\"\\\n", "the body")
            try equal(message.receiveCount, 1, "how often it was received")
        },
        Check("A received message is not received again while it is invisible") { subject in
            try await subject.sendEach("a")
            _ = try await subject.receiveOne()
            for _ in 0..<3 { try await subject.expectNothing("while it is invisible") }
        },
        Check("Every message is received, and once, by as many receives as it takes") { subject in
            let bodies = (0..<50).map { "message \($0)" }
            for body in bodies { try await subject.send(body, body) }
            var received: [QueueMessage] = []
            while case let more = try await subject.receive(7), !more.isEmpty { received += more }
            try equal(received.map(\.body).sorted(), bodies.sorted(), "what was received")
            try equal(Set(received.map(\.id)).count, 50, "how many ids there are")
            try equal(Set(received.map(\.receipt)).count, 50, "how many receipts there are")
        },
        Check("The event of a batch is JSON that has each message's id and receipt") { subject in
            try await subject.sendEach("a", "\"\\\n", "c")
            let messages = try await subject.receive()
            let event = subject.source.event(of: messages)
            try expect(JSONText.isValid(event, maximumDepth: 100), "no JSON")
            let text = String(decoding: event, as: UTF8.self)
            for message in messages {
                try expect(text.contains(message.id), "the id \(message.id) is missing")
                try expect(text.contains(message.receipt.description), "a receipt is missing")
            }
        },
    ]

    static let receipts: [Check] = [
        Check("A message is deleted once, and never received again") { subject in
            try await subject.sendEach("a", "b")
            let messages = try await subject.receive()
            try equal(try await subject.source.delete(messages.map(\.receipt)), [true, true], "the first time")
            try equal(try await subject.source.delete(messages.map(\.receipt)), [false, false], "the second time")
            try await subject.expectNothing("once all are deleted")
        },
        Check("Zero makes a message visible at once: the same, with one receive more") { subject in
            try await subject.sendEach("a")
            let first = try await subject.receiveOne()
            let answers = try await subject.source.changeVisibility(of: [first.receipt], to: .zero)
            try equal(answers, [true], "the answer")
            let second = try await subject.receiveOne()
            try equal(second.id, first.id, "its id")
            try equal(second.receiveCount, 2, "how often it was received")
        },
        Check("A receipt is good for nothing once the message was received again") { subject in
            try await subject.sendEach("a")
            let first = try await subject.receiveOne()
            _ = try await subject.source.changeVisibility(of: [first.receipt], to: .zero)
            let second = try await subject.receiveOne()
            try equal(
                try await subject.source.changeVisibility(of: [first.receipt], to: .zero), [false], "the old receipt")
            try equal(try await subject.source.delete([first.receipt]), [false], "the old receipt")
            try await subject.expectNothing("while it is invisible")
            try equal(try await subject.source.delete([second.receipt]), [true], "the new receipt")
        },
        Check("Receipts that were never given are answered with false, in their places") { subject in
            try await subject.sendEach("a")
            let good = try await subject.receiveOne().receipt
            let receipts = [Receipt("no such receipt"), good, Receipt("")]
            try equal(
                try await subject.source.changeVisibility(of: receipts, to: .seconds(60)), [false, true, false],
                "the answers")
            try equal(try await subject.source.delete(receipts), [false, true, false], "the answers")
        },
    ]

    static let groups: [Check] = [
        Check("Messages of a group of a FIFO queue come in order, one batch at a time") { subject in
            guard subject.source.isFIFO else { return }
            for number in 0..<20 { try await subject.send("\(number)", "group") }
            var bodies: [String] = []
            while case let batch = try await subject.receive(3), !batch.isEmpty {
                try await subject.expectNothing("while its group has invisible messages")
                bodies += batch.map(\.body)
                for message in batch { _ = try await subject.source.delete([message.receipt]) }
            }
            try equal(bodies, (0..<20).map { "\($0)" }, "the order")
        },
        Check("A message of a FIFO queue that comes again does so before all later ones of its group") { subject in
            guard subject.source.isFIFO else { return }
            for number in 0..<5 { try await subject.send("\(number)", "group") }
            let batch = try await subject.receive(2)
            for message in batch.reversed() {
                try await subject.expectNothing("while one of the batch is invisible")
                _ = try await subject.source.changeVisibility(of: [message.receipt], to: .zero)
            }
            try equal(try await subject.receive().map(\.body), ["0", "1", "2", "3", "4"], "the order")
        },
        Check("A group of a FIFO queue does not keep another from coming, and its end is a change") { subject in
            guard subject.source.isFIFO else { return }
            try await subject.send("a1", "a")
            let first = try await subject.receiveOne()
            try await subject.send("a2", "a")
            try await subject.send("b1", "b")
            try equal(try await subject.receive().map(\.body), ["b1"], "what is received beside group a")
            let watch = subject.watch()
            let seen = watch.count
            _ = try await subject.source.delete([first.receipt])
            await watch.wait(since: seen)
            try equal(try await subject.receiveOne().body, "a2", "what is received behind it")
        },
    ]
}
