// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The messages of a queue that lives in memory.
///
/// ```
///        ┌── delayed ──┐ due             receive
/// send ──┤             ├─────▶ visible ───────────▶ invisible ──▶ deleted, or moved to the dead-letter queue
///        └─────────────┘          ▲                     │
///                                 └── timeout, or asked ┘             and from anywhere: too old
/// ```
///
/// Visible messages lie in the order in which they became so; in a FIFO queue in that of their numbers within their group, and
/// groups stand in a line, in which are those that have a visible message and no invisible one. Whatever waits for a time lies
/// in a timing wheel, and all messages in the order of their ages. All of it is threaded through one array.
struct MessageStateMachine: Sendable {
    struct Rules: Sendable {
        var isFIFO: Bool
        var retention: Duration
        var messageLimit: Int
        var byteLimit: Int
        /// How many deduplication ids are remembered at most.
        var deduplicationLimit: Int
        /// After so many receives a message is dead; nil for never.
        var maximumReceiveCount: Int?
    }

    enum State: UInt8, Sendable {
        case free, delayed, visible, invisible
    }

    struct Node: Sendable {
        var content = MessageContent.none
        /// On the clock that is never set, which says how old it is.
        var bornAt = Timestamp(nanoseconds: 0)
        var firstReceivedAt: Timestamp?
        var number: UInt64 = 0
        /// The number of its latest receive; 0 before the first.
        var fence: UInt64 = 0
        var receiveCount = 0
        var group: Int32 = -1
        var state = State.free
    }

    let rules: Rules
    /// Tells this queue's receipts and ids from others'.
    let tag: UInt64
    private let firstNumber: UInt128
    var nodes: ContiguousArray<Node> = []
    private var freeSlots: ContiguousArray<Int32> = []
    var links = OrderedLinks()
    /// Of a queue that is not FIFO.
    var visible = OrderedQueue()
    var groups = MessageGroups()
    var waiting = TimingWheel()
    private var ages = OrderedQueue()
    var window = DeduplicationWindow()
    var counts = (delayed: 0, visible: 0, invisible: 0, bytes: 0)
    private(set) var expired = 0
    var fences: UInt64 = 0
    private var numbers: UInt64 = 0
    private var order: UInt32 = 0
    private var hasNews = false
    private var alarmAt = Timestamp.distantFuture

    init(rules: Rules, tag: UInt64, wallTime: Timestamp) {
        self.rules = rules
        self.tag = tag
        // 20 digits as SQS has them, beginning with the time: those of an earlier life are lower.
        firstNumber = 10_000_000_000_000_000_000 + UInt128(max(0, wallTime.nanoseconds)) / 1_000_000 * 1_000_000
    }

    var count: Int { counts.delayed + counts.visible + counts.invisible }

    static func place(_ slot: Int) -> Int32 { Int32(slot * 2) }
    static func agePlace(_ slot: Int) -> Int32 { Int32(slot * 2 + 1) }
    static func slot(_ place: Int32) -> Int { Int(place >> 1) }

    // MARK: - Coming

    /// Takes in a message; one that is a duplicate is answered as the first was.
    mutating func send(
        _ content: MessageContent, delay: Duration, now: Timestamp
    ) throws(SourceError) -> (id: InvocationID, number: SequenceNumber?, isDuplicate: Bool) {
        advance(to: now)
        if let key = content.deduplicationID, let first = window.find(key, now: now) {
            return (first.id, sequenceNumber(first.number), true)
        }
        try checkRoom(content)
        let number = accept(content, bornAt: now, dueAt: delay > .zero ? now.advanced(by: delay) : nil, now)
        if let key = content.deduplicationID { window.add(key, id: content.id, number: number, now: now) }
        return (content.id, sequenceNumber(number), false)
    }

    /// Takes in a message that another queue has given up; false if there is no room.
    mutating func receiveDead(_ content: MessageContent, age: Duration, now: Timestamp) -> Bool {
        advance(to: now)
        guard hasRoom(for: content) else { return false }
        _ = accept(content, bornAt: now.advanced(by: .zero - age), dueAt: nil, now)
        // It may be too old here at once.
        advance(to: now)
        return true
    }

    private mutating func accept(
        _ content: MessageContent, bornAt: Timestamp, dueAt: Timestamp?, _ now: Timestamp
    ) -> UInt64 {
        numbers += 1
        let slot = freeSlots.popLast().map(Int.init) ?? nodes.count
        if slot == nodes.count {
            nodes.append(Node())
            links.grow(to: nodes.count * 2)
        }
        nodes[slot] = Node(content: content, bornAt: bornAt, number: numbers)
        counts.bytes += content.size
        if let name = content.groupID { nodes[slot].group = groups.join(name) }
        links.insert(
            Self.agePlace(slot), time: bornAt.advanced(by: rules.retention), order: nextOrder(), into: &ages)
        if let dueAt {
            nodes[slot].state = .delayed
            counts.delayed += 1
            wait(slot, until: dueAt, now)
        } else {
            show(slot, at: now)
        }
        return numbers
    }

    private func hasRoom(for content: MessageContent) -> Bool {
        count < rules.messageLimit && counts.bytes + content.size <= rules.byteLimit
    }

    private func checkRoom(_ content: MessageContent) throws(SourceError) {
        guard hasRoom(for: content) else {
            throw SourceError(
                .full,
                reason: "no room for a message of \(content.size) bytes: there are \(count) of \(rules.messageLimit) "
                    + "messages, \(counts.bytes) of \(rules.byteLimit) bytes")
        }
        guard content.deduplicationID == nil || window.count < rules.deduplicationLimit else {
            throw SourceError(
                .full,
                reason: "\(window.count) deduplication ids were used in the last five minutes: no more are remembered")
        }
    }

    func sequenceNumber(_ number: UInt64) -> SequenceNumber? {
        rules.isFIFO ? SequenceNumber(low: firstNumber + UInt128(number)) : nil
    }

    // MARK: - Time

    /// Makes visible what is due, and removes what is too old.
    mutating func advance(to now: Timestamp) {
        while case let place = links.first(of: ages), place >= 0, links.time(place) <= now {
            remove(Self.slot(place), at: now)
            expired += 1
        }
        while let place = waiting.takeDue(now: now, &links) {
            let slot = Self.slot(place)
            leaveWaiting(slot)
            show(slot, at: links.time(place))
        }
        window.purge(now: now)
    }

    /// When the next message becomes visible, if the alarm is not set for then or earlier.
    mutating func alarmToSet() -> Timestamp? {
        guard let next = waiting.earliest(links), next < alarmAt else { return nil }
        alarmAt = next
        return next
    }

    /// The alarm has rung.
    mutating func alarmRang(now: Timestamp) {
        alarmAt = .distantFuture
        advance(to: now)
    }

    /// Whether something can be received that could not before; told once.
    mutating func takeNews() -> Bool {
        defer { hasNews = false }
        return hasNews
    }

    mutating func nextOrder() -> UInt32 {
        order &+= 1
        return order
    }

    /// Puts a message that is in no queue into the wheel.
    mutating func wait(_ slot: Int, until time: Timestamp, _ now: Timestamp) {
        waiting.insert(Self.place(slot), time: time, order: nextOrder(), now: now, &links)
    }

    /// Makes a message visible that is in no queue.
    mutating func show(_ slot: Int, at time: Timestamp) {
        nodes[slot].state = .visible
        counts.visible += 1
        let group = nodes[slot].group
        guard group >= 0 else {
            links.insert(Self.place(slot), time: time, order: nextOrder(), into: &visible)
            hasNews = true
            return
        }
        groups.show(Self.place(slot), number: nodes[slot].number, in: group, &links)
        refresh(group, at: time)
    }

    /// Gives a group its place in the line, or takes it out.
    mutating func refresh(_ group: Int32, at time: Timestamp) {
        if groups.refresh(group, at: time, order: nextOrder()) { hasNews = true }
    }

    // MARK: - Going

    /// A message is in the wheel no more.
    mutating func leaveWaiting(_ slot: Int) {
        guard nodes[slot].state == .invisible else {
            counts.delayed -= 1
            return
        }
        counts.invisible -= 1
        if nodes[slot].group >= 0 { groups.groups[Int(nodes[slot].group)].invisible -= 1 }
    }

    /// Removes a message, wherever it is.
    mutating func remove(_ slot: Int, at now: Timestamp) {
        let group = nodes[slot].group
        switch nodes[slot].state {
        case .free: preconditionFailure("there is no message in slot \(slot)")
        case .delayed, .invisible:
            waiting.remove(Self.place(slot), &links)
            leaveWaiting(slot)
        case .visible: hide(slot)
        }
        links.remove(Self.agePlace(slot), from: &ages)
        counts.bytes -= nodes[slot].content.size
        if group >= 0 {
            refresh(group, at: now)
            groups.leave(group)
        }
        nodes[slot] = Node()
        freeSlots.append(Int32(slot))
    }

    /// Takes a visible message out of its queue.
    mutating func hide(_ slot: Int) {
        counts.visible -= 1
        if nodes[slot].group >= 0 {
            groups.hide(Self.place(slot), in: nodes[slot].group, &links)
        } else {
            links.remove(Self.place(slot), from: &visible)
        }
    }

    /// How long ago the oldest message was sent; nil if there is none.
    func ageOfOldest(now: Timestamp) -> Duration? {
        let place = links.first(of: ages)
        return place < 0 ? nil : max(.zero, nodes[Self.slot(place)].bornAt.duration(to: now))
    }
}
