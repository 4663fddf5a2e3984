// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct EventBufferStateMachineTests {
    private func event(_ number: Int) -> HostEvent { .functionUpdated(name: "\(number)") }

    private func progress(_ fraction: Double, of id: UInt64) -> HostEvent {
        .progressed(Progress(fraction: fraction), .made(id: id))
    }

    /// The events of a batch in a few words.
    private func text(_ batch: ContiguousArray<HostEvent>) -> [String] {
        batch.map { event in
            switch event {
            case .functionUpdated(let name): name
            case .progressed(let progress, let context): "\(context.id.low & 0xFF) at \(progress.fraction)"
            case .eventsDropped(let count): "\(count) dropped"
            default: "another"
            }
        }
    }

    @Test("Events come out in the order in which they came in, each once")
    func order() {
        var buffer = EventBufferStateMachine(capacity: 10)
        for number in 0..<3 { _ = buffer.add(event(number)) }
        #expect(text(buffer.takeBatch()) == ["0", "1", "2"])
        #expect(buffer.takeBatch().isEmpty)
    }

    @Test("Only the first event in an empty buffer wakes anybody")
    func wake() {
        var buffer = EventBufferStateMachine(capacity: 2)
        #expect((0..<4).map { buffer.add(event($0)) } == [true, false, false, false])
        _ = buffer.takeBatch()
        #expect(buffer.add(event(5)) == true)
    }

    @Test(
        "What does not fit is dropped and counted, once, after what was kept",
        arguments: [(1, 1, 0), (1, 3, 2), (4, 4, 0), (4, 5, 1), (0, 2, 1)])
    func bounded(capacity: Int, added: Int, dropped: Int) {
        var buffer = EventBufferStateMachine(capacity: capacity)
        for number in 0..<added { _ = buffer.add(event(number)) }
        let kept = (0..<added - dropped).map { "\($0)" }
        #expect(text(buffer.takeBatch()) == kept + (dropped > 0 ? ["\(dropped) dropped"] : []))
        #expect(buffer.takeBatch().isEmpty)
    }

    @Test("Of an invocation's reports of progress in a row the latest is kept")
    func progress() {
        var buffer = EventBufferStateMachine(capacity: 10)
        for event in [
            progress(0.1, of: 1), progress(0.2, of: 1), progress(0.5, of: 2), progress(0.3, of: 1), event(7),
            progress(0.4, of: 1), progress(0.9, of: 1),
        ] { _ = buffer.add(event) }
        #expect(text(buffer.takeBatch()) == ["1 at 0.2", "2 at 0.5", "1 at 0.3", "7", "1 at 0.9"])
    }

    @Test("The latest progress is kept in a full buffer too")
    func progressWhenFull() {
        var buffer = EventBufferStateMachine(capacity: 1)
        _ = buffer.add(progress(0.1, of: 1))
        _ = buffer.add(progress(1, of: 1))
        #expect(text(buffer.takeBatch()) == ["1 at 1.0"])
    }

    @Test("Everything taken is delivered once its batch is, dropped events too")
    func delivered() {
        var buffer = EventBufferStateMachine(capacity: 2)
        for number in 0..<5 { _ = buffer.add(event(number)) }
        #expect(buffer.taken == 5)
        _ = buffer.takeBatch()
        #expect(buffer.delivered == 0)
        _ = buffer.add(event(6))
        buffer.batchDelivered()
        #expect(buffer.delivered == 5)
        _ = buffer.takeBatch()
        buffer.batchDelivered()
        #expect(buffer.delivered == buffer.taken)
    }

    @Test("A progress report that is replaced does not stand for an event that is still to be delivered")
    func replacedProgress() {
        var buffer = EventBufferStateMachine(capacity: 10)
        _ = buffer.add(event(1))
        _ = buffer.takeBatch()
        _ = buffer.add(event(2))
        _ = buffer.add(progress(0.1, of: 1))
        let target = buffer.taken
        _ = buffer.add(progress(0.2, of: 1))
        _ = buffer.add(progress(0.3, of: 1))
        buffer.batchDelivered()
        #expect(buffer.delivered < target)
        _ = buffer.takeBatch()
        buffer.batchDelivered()
        #expect(buffer.delivered == buffer.taken)
    }

    @Test("Counts agree after any sequence", arguments: 1...5)
    func sequence(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var buffer = EventBufferStateMachine(capacity: 4)
        var (added, received, replaced) = (0, 0, 0)
        for _ in 0..<2_000 {
            guard random.chance(20) else {
                let taken = buffer.taken
                _ = buffer.add(random.chance(30) ? progress(0.5, of: 1) : event(added))
                added += 1
                replaced += taken == buffer.taken ? 1 : 0
                continue
            }
            for event in buffer.takeBatch() {
                if case .eventsDropped(let count) = event { received += count } else { received += 1 }
            }
            buffer.batchDelivered()
            guard buffer.delivered == buffer.taken, received + replaced == added else {
                Issue.record("seed \(seed): \(received) and \(replaced) of \(added), \(buffer.delivered) delivered")
                return
            }
        }
        #expect(replaced > 50)
    }
}
