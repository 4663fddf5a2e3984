// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A key that holds within one function.
struct LaneKey: Hashable, Sendable {
    let lane: Int32
    let key: String

    init(_ lane: Int, _ key: String) {
        self.lane = Int32(lane)
        self.key = key
    }
}

/// Which events hold which idempotency keys.
struct IdempotencyKeys: Sendable {
    private struct Holder {
        let id: InvocationID
        /// When the key is free again whatever becomes of its event; nil if its event frees it.
        let until: Timestamp?
    }

    /// How many keys whose time is over are forgotten when another one is taken.
    private static let purgedAtOnce = 2

    private var holders: [LaneKey: Holder] = [:]
    private var ends = DeadlineStateMachine<LaneKey>()

    /// Who holds a key.
    func holder(of key: LaneKey, now: Timestamp) -> InvocationID? {
        guard let holder = holders[key] else { return nil }
        if let until = holder.until, until <= now { return nil }
        return holder.id
    }

    /// Gives a key that nobody holds to an event; false if somebody held it before and was never forgotten.
    mutating func take(_ key: LaneKey, by id: InvocationID, until: Timestamp?) -> Bool {
        if let until { _ = ends.add(key, at: until) }
        return holders.updateValue(Holder(id: id, until: until), forKey: key) == nil
    }

    /// Frees a key if the event holds it; false if it does not.
    mutating func release(_ key: LaneKey, by id: InvocationID) -> Bool {
        guard let holder = holders[key], holder.id == id, holder.until == nil else { return false }
        holders[key] = nil
        return true
    }

    /// Forgets some keys whose time is over, and says of which lanes.
    mutating func purge(now: Timestamp, _ isForgotten: (Int) -> Void) {
        for _ in 0..<Self.purgedAtOnce {
            guard let key = ends.takePassed(now: now) else { return }
            // Another event may hold it meanwhile.
            guard let until = holders[key]?.until, until <= now else { continue }
            holders[key] = nil
            isForgotten(Int(key.lane))
        }
    }
}
