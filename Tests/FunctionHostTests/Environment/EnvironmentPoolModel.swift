// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// Environments as a list, to compare a pool with: says what is wrong with each of its answers.
struct EnvironmentPoolModel {
    enum Phase { case starting, ready }

    struct Entry {
        var phase = Phase.starting
        var isCondemned = false
        var inUse: Int
        var lastUsed = Timestamp.at(0)
        var joiners: [Int] = []
    }

    let concurrency: Int
    let idleTimeout: Duration
    var provisioned = 0
    var entries: [Int: Entry] = [:]

    private var usable: [Int: Entry] {
        entries.filter { $0.value.phase == .ready && !$0.value.isCondemned && $0.value.inUse < concurrency }
    }
    private var ready: Int { entries.values.count { $0.phase == .ready && !$0.isCondemned } }

    mutating func acquired(_ action: Pool.AcquireAction, joiner: Int?) -> String? {
        let isJoinable =
            joiner != nil && concurrency > 1
            && entries.values.contains {
                $0.phase == .starting && !$0.isCondemned && $0.joiners.count + $0.inUse < concurrency
            }
        switch action {
        case .lend(let entry, let instance):
            guard let lent = usable[entry], instance == "\(entry)" else { return "\(entry) cannot be lent" }
            if concurrency == 1, usable.values.contains(where: { $0.lastUsed > lent.lastUsed }) {
                return "\(entry) is not the one used last"
            }
            entries[entry]?.inUse += 1
        case .start(let entry):
            guard usable.isEmpty, !isJoinable, entries[entry] == nil else { return "\(entry) need not be started" }
            entries[entry] = Entry(inUse: 1)
        case .join: return isJoinable && usable.isEmpty ? nil : "there is nothing to join"
        }
        return nil
    }

    mutating func ended(_ ended: [Pool.Ended], _ isRight: (Entry) -> Bool) -> String? {
        for one in ended {
            guard let number = Int(one.instance), let entry = entries.removeValue(forKey: number) else {
                return "\(one.instance) ended twice"
            }
            guard entry.inUse == 0, isRight(entry) else { return "\(one.instance) ended for \(one.reason)" }
        }
        return nil
    }

    mutating func expired(_ gone: [Pool.Ended], now: Timestamp) -> String? {
        let timeout = idleTimeout
        let isOld = { (entry: Entry) in entry.lastUsed.advanced(by: timeout) <= now }
        let old = entries.values.filter { $0.phase == .ready && !$0.isCondemned && $0.inUse == 0 && isOld($0) }
        let expected = max(0, min(old.count, ready - provisioned))
        guard gone.count == expected else { return "\(gone.count) expired, not \(expected)" }
        let oldest = old.map(\.lastUsed).sorted().prefix(expected)
        let times = gone.compactMap { Int($0.instance).flatMap { entries[$0]?.lastUsed } }
        return Array(oldest) == times ? ended(gone, isOld) : "others than the oldest expired"
    }

    func difference(from pool: Pool) -> String? {
        if pool.count != entries.count { return "count is \(pool.count), not \(entries.count)" }
        let idle = entries.values.filter { $0.phase == .ready && !$0.isCondemned && $0.inUse == 0 }
        if pool.idleCount != idle.count { return "idleCount is \(pool.idleCount), not \(idle.count)" }
        let missing = max(0, provisioned - entries.values.count { !$0.isCondemned })
        if pool.missing != missing { return "missing is \(pool.missing), not \(missing)" }
        let next = ready > provisioned ? idle.map { $0.lastUsed.advanced(by: idleTimeout) }.min() : nil
        if pool.nextExpiry != next { return "nextExpiry is \(String(describing: pool.nextExpiry))" }
        return nil
    }
}
