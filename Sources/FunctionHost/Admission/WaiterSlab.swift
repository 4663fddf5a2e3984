// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Which waiter, until it is granted, withdrawn or refused.
package struct WaiterID: Hashable, Sendable {
    fileprivate let slot: Int32
    fileprivate let generation: UInt32
}

/// The two ends of a queue threaded through a ``WaiterSlab``.
struct WaiterQueue: Sendable {
    fileprivate var head: Int32 = -1
    fileprivate var tail: Int32 = -1
    fileprivate(set) var count = 0
}

/// Storage of waiters in doubly linked queues: joining, leaving from anywhere and being first cost the same at any length.
struct WaiterSlab<Waiter: Sendable>: Sendable {
    private struct Node {
        var waiter: Waiter?
        var order: UInt64
        var lane: Int32
        var previous: Int32
        var next: Int32
        var generation: UInt32
    }

    private var nodes: ContiguousArray<Node> = []
    private var free: ContiguousArray<Int32> = []
    private var order: UInt64 = 0

    /// The function a waiter waits for; nil if it waits no more.
    func lane(of id: WaiterID) -> Int? {
        let node = nodes[Int(id.slot)]
        return node.generation == id.generation && node.waiter != nil ? Int(node.lane) : nil
    }

    func first(of queue: WaiterQueue) -> (id: WaiterID, lane: Int)? {
        guard queue.head >= 0 else { return nil }
        let node = nodes[Int(queue.head)]
        return (WaiterID(slot: queue.head, generation: node.generation), Int(node.lane))
    }

    mutating func append(_ waiter: Waiter, lane: Int, to queue: inout WaiterQueue) -> WaiterID {
        order &+= 1
        let slot: Int32
        if let reused = free.popLast() {
            slot = reused
            nodes[Int(slot)].waiter = waiter
            nodes[Int(slot)].order = order
            nodes[Int(slot)].lane = Int32(lane)
        } else {
            slot = Int32(nodes.count)
            nodes.append(
                Node(waiter: waiter, order: order, lane: Int32(lane), previous: -1, next: -1, generation: 0))
        }
        let id = WaiterID(slot: slot, generation: nodes[Int(slot)].generation)
        link(id, to: &queue)
        return id
    }

    /// Puts a stored waiter at the end of a queue.
    mutating func link(_ id: WaiterID, to queue: inout WaiterQueue) {
        nodes[Int(id.slot)].previous = queue.tail
        nodes[Int(id.slot)].next = -1
        if queue.tail >= 0 { nodes[Int(queue.tail)].next = id.slot } else { queue.head = id.slot }
        queue.tail = id.slot
        queue.count += 1
    }

    mutating func remove(_ id: WaiterID, from queue: inout WaiterQueue) -> Waiter? {
        let node = nodes[Int(id.slot)]
        if node.previous >= 0 { nodes[Int(node.previous)].next = node.next } else { queue.head = node.next }
        if node.next >= 0 { nodes[Int(node.next)].previous = node.previous } else { queue.tail = node.previous }
        queue.count -= 1
        return forget(id.slot)
    }

    /// Takes out everyone whose function matches, in the order of arrival; the queues must be linked anew afterwards.
    mutating func takeAll(where matches: (Int) -> Bool) -> [(waiter: Waiter, lane: Int)] {
        inOrder().filter { matches($0.lane) }.compactMap { id, lane in forget(id.slot).map { ($0, lane) } }
    }

    /// Everyone who waits, in the order of arrival.
    func inOrder() -> [(id: WaiterID, lane: Int)] {
        nodes.indices.filter { nodes[$0].waiter != nil }
            .sorted { nodes[$0].order < nodes[$1].order }
            .map { (WaiterID(slot: Int32($0), generation: nodes[$0].generation), Int(nodes[$0].lane)) }
    }

    private mutating func forget(_ slot: Int32) -> Waiter? {
        let waiter = nodes[Int(slot)].waiter
        nodes[Int(slot)].waiter = nil
        nodes[Int(slot)].generation &+= 1
        free.append(slot)
        return waiter
    }
}
