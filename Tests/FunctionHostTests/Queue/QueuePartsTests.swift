// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct QueuePartsTests {
    @Test("The first of the lanes that are wanted is found, whichever are not", arguments: 0..<20 as Range<UInt64>)
    func laneHeap(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var heap = LaneHeap()
        var model: [Int: Timestamp] = [:]
        for _ in 0..<500 {
            let lane = random.below(20)
            let time = random.chance(30) ? nil : Timestamp.at(Int64(random.below(30)))
            heap.set(lane, to: time)
            model[lane] = time
            let first = model.min { ($0.value, $0.key) < ($1.value, $1.key) }
            #expect(heap.first?.lane == first?.key)
            #expect(heap.first?.time == first?.value)
            let unwanted = Set((0..<random.below(20)).map { _ in random.below(20) })
            let expected = model.filter { !unwanted.contains($0.key) }.values.min()
            #expect(heap.earliest { !unwanted.contains($0) } == expected)
        }
    }

    @Test("An event is found by its id, however alike the ids are", arguments: [false, true])
    func index(isAlike: Bool) {
        var random = SplitMix64(seed: 3)
        var slab = EventSlab()
        var model: [InvocationID: Int] = [:]
        for step in 0..<6_000 {
            let number = UInt64(random.below(2_000))
            // Alike ones fall into one place of the table, all of them; others count, as a host's do.
            let id =
                isAlike ? InvocationID(high: number << 16, low: 0x123) : InvocationID(number: number, seed: 7)
            #expect(slab.find(id) == model[id])
            if let slot = model.removeValue(forKey: id) {
                _ = slab.remove(slot)
            } else if step < 3_000 || random.chance(30) {
                model[id] = slab.insert(.test(id), lane: 0)
            }
            #expect(slab.count == model.count)
        }
        for (id, slot) in model { #expect(slab.find(id) == slot) }
    }

    @Test("A slab that was large gives its memory back once it is empty, and works on")
    func slab() {
        var slab = EventSlab()
        for _ in 0..<2 {
            let ids = (0..<10_000).map { InvocationID(high: 0, low: $0) }
            let slots = ids.map { slab.insert(.test($0), lane: 0) }
            #expect(slots == Array(0..<10_000))
            for slot in slots { _ = slab.remove(slot) }
            #expect(slab.count == 0)
        }
    }

    @Test("Dead letters keep their numbers when others go", arguments: 0..<10 as Range<UInt64>)
    func letters(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var log = DeadLetterLog()
        var model: [(position: Int64, slot: Int)] = []
        for slot in 0..<1_000 {
            if random.chance(55) { model.append((log.append(slot), slot)) }
            if random.chance(50), !model.isEmpty {
                log.remove(model.remove(at: random.chance(50) ? 0 : random.below(model.count)).position)
            }
            let position = Int64(random.below(slot + 1))
            let expected = model.first { $0.position > position }
            #expect(log.first(after: position)?.position == expected?.position)
            #expect(log.first(after: position)?.slot == expected?.slot)
            #expect(log.first(after: 0)?.slot == model.first?.slot)
            #expect(log.count == model.count)
        }
    }

    @Test("Names that nothing keeps are forgotten, so that names made up by callers do not fill the memory")
    func lanes() {
        var lanes = LaneTable()
        for number in 0..<10_000 { _ = lanes.lane("made up \(number)") }
        #expect(lanes.count <= 64)
    }

    @Test("An event takes 88 bytes beside its links")
    func size() {
        #expect(MemoryLayout<EventPayload>.size == 8)
        #expect(QueueStateMachine.bytesPerEvent == 88 + 48)
    }
}
