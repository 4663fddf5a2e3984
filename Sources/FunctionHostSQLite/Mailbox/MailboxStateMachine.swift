// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What lies between the callers and the store's thread.
///
/// ```
/// hand(in:) ──▶ piled up ──▶ take() ──▶ the thread
///     │ no room     ▲ room, in order of arrival
///     ▼             │
///   wait(_:as:) ────┘──▶ cancel(_:), close()
/// ```
///
/// What is piled up is bounded by events and by bytes, what one transaction takes is too, and so is the number of those who
/// wait for room.
struct MailboxStateMachine {
    typealias WaiterID = Int

    private let room: Load
    private let batchLimit: Load
    private let maximumWaiting: Int

    /// Full batches, the next one first, and then the one that calls are added to.
    private var full: [Batch] = []
    private var open = Batch()
    private var spare = Batch()
    private var pending = Load()

    private var waiting: [WaiterID: Call] = [:]
    /// Those who wait in the order of arrival; some may have left.
    private var line: [WaiterID] = []
    private var lineStart = 0
    /// Those who have been given an id and have not come yet: whether they have been cancelled meanwhile.
    private var expected: [WaiterID: Bool] = [:]
    private var lastWaiter = 0

    private(set) var isClosed = false

    /// How many calls are piled up.
    var pendingCalls: Int { full.reduce(open.count) { $0 + $1.count } }
    /// How many callers wait for room.
    var waitingCalls: Int { waiting.count }

    init(room: Load, batchLimit: Load, maximumWaiting: Int) {
        self.room = room
        self.batchLimit = batchLimit
        self.maximumWaiting = maximumWaiting
    }

    // MARK: - Callers

    enum HandAction { case taken, full, closed }

    /// A call comes in; one for which there is no room has to wait.
    mutating func hand(in call: Call) -> HandAction {
        guard !isClosed else { return .closed }
        let load = call.load
        guard waiting.isEmpty, hasRoom(for: load) else { return .full }
        pile(call, load)
        return .taken
    }

    /// Names a caller that is about to wait, so that it can be cancelled at any time from now on.
    mutating func expect() -> WaiterID {
        lastWaiter += 1
        expected[lastWaiter] = false
        return lastWaiter
    }

    enum WaitAction { case taken, waits, overloaded, cancelled, closed }

    /// The caller waits for room, unless there is some now.
    mutating func wait(_ call: Call, as id: WaiterID) -> WaitAction {
        let isCancelled = expected.removeValue(forKey: id) ?? false
        guard !isClosed else { return .closed }
        let load = call.load
        if waiting.isEmpty, hasRoom(for: load) {
            pile(call, load)
            return .taken
        }
        if isCancelled { return .cancelled }
        guard waiting.count < maximumWaiting else { return .overloaded }
        waiting[id] = call
        line.append(id)
        return .waits
    }

    /// The caller's task has been cancelled: its call if it still waits, which is then nobody's.
    mutating func cancel(_ id: WaiterID) -> Call? {
        if expected[id] != nil {
            expected[id] = true
            return nil
        }
        return waiting.removeValue(forKey: id)
    }

    /// Nothing more comes in; what is piled up is still done. Returns the calls that waited for room.
    mutating func close() -> [Call] {
        isClosed = true
        defer {
            waiting = [:]
            line = []
            lineStart = 0
        }
        return line[lineStart...].compactMap { waiting[$0] }
    }

    // MARK: - The store's thread

    /// The calls for the next transaction; nil if there are none.
    mutating func take() -> Batch? {
        let batch: Batch
        if !full.isEmpty {
            batch = full.removeFirst()
        } else if !open.isEmpty {
            batch = open
            open = spare
            spare = Batch()
        } else {
            return nil
        }
        pending = pending - batch.load
        admit()
        return batch
    }

    /// Gives back an empty batch, for the memory it has.
    mutating func giveBack(_ batch: consuming Batch) { spare = batch }

    /// Those who wait come in, as far as there is room.
    private mutating func admit() {
        while lineStart < line.count {
            let id = line[lineStart]
            if let call = waiting[id] {
                let load = call.load
                guard hasRoom(for: load) else { break }
                waiting[id] = nil
                pile(call, load)
            }
            lineStart += 1
        }
        if lineStart == line.count || lineStart > 1_024 {
            line.removeFirst(lineStart)
            lineStart = 0
        }
    }

    private func hasRoom(for load: Load) -> Bool {
        pending.events == 0 || load.fits(beside: pending, within: room)
    }

    private mutating func pile(_ call: Call, _ load: Load) {
        if !open.isEmpty, !load.fits(beside: open.load, within: batchLimit) {
            full.append(open)
            open = Batch()
        }
        open.add(call, load: load)
        pending = pending + load
    }
}
