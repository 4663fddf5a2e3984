// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Which of a shard's windows is open, which records are in it, and when it is over.
///
/// ```
///            first record                  no more can come: a later record is there, the shard has ended,
///   none ────────────────────▶ open ─────▶ or its time is over and everything of that time was read
///    ▲                          │ ▲  state                     │
///    │                          └─┘                            ▼
///    └──────────────────────────────────────────────── final run, succeeded or given up
/// ```
///
/// A record that comes late, when its window is over, is in the next one: the end of a window is told once.
struct WindowStateMachine: Sendable {
    /// nil if no window begins any more; one that was open before is ended.
    private let length: Duration?
    private(set) var open: OpenWindow?
    /// When, by the calendar, the read under way began.
    private var readingSince: Timestamp?
    /// Everything that had arrived by then has been read.
    private var readThrough = Timestamp(nanoseconds: .min)
    /// Windows before this are over.
    private var endedThrough = Timestamp(nanoseconds: .min)

    init(length: Duration?, open: OpenWindow? = nil) {
        self.length = length
        self.open = open
    }

    /// Whether there are windows at all.
    var isOn: Bool { length != nil || open != nil }

    // MARK: - Reading

    mutating func readingStarted(wall: Timestamp) { readingSince = wall }

    /// - Parameter foundNothing: Whether nothing is there that was not read.
    mutating func readingEnded(foundNothing: Bool) {
        if foundNothing, let readingSince { readThrough = max(readThrough, readingSince) }
        readingSince = nil
    }

    // MARK: - Batches

    /// How many of these records, from the first on, are in one window: in the open one, or, if none is, in that of the first.
    func countInWindow(_ records: ArraySlice<StreamRecord>) -> Int {
        guard let first = records.first, let length else { return length == nil ? records.count : 0 }
        let end = (open?.window ?? window(of: first, length)).end
        let count = records.prefix { $0.arrivedAt < end }.count
        // The last moment that there is has no window whose end is behind it.
        return open == nil ? max(1, count) : count
    }

    /// A batch is made that begins with this record.
    mutating func admit(_ record: StreamRecord) {
        if open == nil, let length { open = OpenWindow(window(of: record, length)) }
    }

    private func window(of record: StreamRecord, _ length: Duration) -> TumblingWindow {
        TumblingWindow(of: length, around: max(record.arrivedAt, endedThrough))
    }

    /// What its next run is told.
    func turn(isFinal: Bool) -> WindowTurn? {
        guard let open else { return nil }
        return WindowTurn(
            window: open.window, state: open.state, isFinal: isFinal, isTerminatedEarly: isFinal && endsEarly)
    }

    /// The function has answered.
    mutating func answered(_ state: [UInt8]?) { if let state { open?.state = state } }

    /// The final run is done, or given up.
    mutating func close() {
        // One that ends early goes on, with a state of its own.
        if let open, !endsEarly { endedThrough = open.window.end }
        open = nil
    }

    // MARK: - The end

    /// Whether the open window is to end before anything else runs.
    var endsEarly: Bool {
        guard let open else { return false }
        return length == nil || (open.state?.count ?? 0) > OpenWindow.stateLimit
    }

    /// Whether no record can come any more that is in the open window.
    ///
    /// - Parameters:
    ///   - next: The first record that is there and in no batch.
    ///   - isAtEnd: Whether no others come.
    func isOver(next: StreamRecord?, isAtEnd: Bool, wall: Timestamp) -> Bool {
        guard let open else { return false }
        if endsEarly { return true }
        if let next { return next.arrivedAt >= open.window.end }
        return isAtEnd || wall >= open.window.end && readThrough >= open.window.end
    }

    /// When to look again whether the open window is over; nil if something else will be told first.
    func nextTime(now: Timestamp, wall: Timestamp) -> Timestamp? {
        guard let open else { return nil }
        if endsEarly || readThrough >= open.window.end && wall >= open.window.end { return now }
        return wall < open.window.end ? now.advanced(by: wall.duration(to: open.window.end)) : nil
    }
}
