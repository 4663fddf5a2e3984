// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct EnvironmentPoolRandomTests {
    @Test(
        "No environment is lent beyond its concurrency, twice ended or forgotten in any sequence",
        arguments: [(1, 0), (1, 3), (2, 0), (5, 2)], [1, 2, 3] as [UInt64])
    func sequence(shape: (concurrency: Int, provisioned: Int), seed: UInt64) {
        var run = Run(concurrency: shape.concurrency, provisioned: shape.provisioned, seed: seed)
        for step in 0..<2_000 {
            if let fault = run.step() ?? run.model.difference(from: run.pool) {
                Issue.record("seed \(seed), step \(step) of \(shape): \(fault)")
                return
            }
        }
    }

    struct Run {
        var pool: Pool
        var model: EnvironmentPoolModel
        private var random: SplitMix64
        private var now = Timestamp.at(0)
        private var nextJoiner = 0
        private let joinable: Bool

        init(concurrency: Int, provisioned: Int, seed: UInt64) {
            pool = Pool(concurrency: concurrency, idleTimeout: .nanoseconds(60))
            pool.provisioned = provisioned
            model = EnvironmentPoolModel(concurrency: concurrency, idleTimeout: .nanoseconds(60))
            model.provisioned = provisioned
            random = SplitMix64(seed: seed)
            joinable = concurrency > 1
        }

        mutating func step() -> String? {
            now = now.advanced(by: .nanoseconds(1 + random.below(5)))
            switch random.below(100) {
            case 0..<40: return acquire()
            case 40..<75: return release()
            case 75..<85: return start()
            case 85..<88: return provision()
            case 88..<96: return model.expired(pool.expire(now: now), now: now)
            case 96..<98: return condemn()
            default:
                now = now.advanced(by: .nanoseconds(100))
                return nil
            }
        }

        private mutating func acquire() -> String? {
            let joiner = joinable && random.chance(70) ? nextJoiner : nil
            nextJoiner += 1
            let (action, expired) = pool.acquire(joiner: joiner, now: now)
            if !expired.isEmpty, let fault = model.expired(expired, now: now) { return fault }
            if case .join = action { return join(joiner) }
            return model.acquired(action, joiner: joiner)
        }

        /// Finds out which environment was joined by letting each of a copy's fail.
        private mutating func join(_ joiner: Int?) -> String? {
            guard let joiner else { return "somebody joined who cannot wait" }
            if let fault = model.acquired(.join, joiner: joiner) { return fault }
            for entry in model.entries.keys where model.entries[entry]?.phase == .starting {
                var copy = pool
                if copy.failed(entry).contains(joiner) { model.entries[entry]?.joiners.append(joiner) }
            }
            let places = model.entries.values.count { $0.joiners.contains(joiner) }
            return places == 1 ? nil : "\(joiner) joined \(places) environments"
        }

        private mutating func start() -> String? {
            let starting = model.entries.filter { $0.value.phase == .starting }.keys.sorted()
            guard let entry = starting.randomElement(using: &random), let old = model.entries[entry] else { return nil }
            if random.chance(25) {
                model.entries[entry] = nil
                return pool.failed(entry) == old.joiners ? nil : "\(entry) failed and others were told"
            }
            let (joiners, ended) = pool.started(entry, "\(entry)", now: now)
            model.entries[entry]?.phase = .ready
            model.entries[entry]?.lastUsed = now
            model.entries[entry]?.joiners = []
            guard joiners == old.joiners else { return "\(entry) started and others were told" }
            let mustEnd = old.isCondemned && old.inUse == 0
            guard mustEnd == (ended != nil) else { return "\(entry) was started in vain" }
            return model.ended(ended.map { [$0] } ?? []) { $0.isCondemned }
        }

        private mutating func release() -> String? {
            let lent = model.entries.filter { $0.value.phase == .ready && $0.value.inUse > 0 }.keys.sorted()
            guard let entry = lent.randomElement(using: &random) else { return nil }
            let reason: EnvironmentEnd? = random.chance(15) ? .discarded : nil
            let ended = pool.release(entry, ending: reason, now: now)
            model.entries[entry]?.inUse -= 1
            model.entries[entry]?.lastUsed = now
            if reason != nil { model.entries[entry]?.isCondemned = true }
            guard let after = model.entries[entry] else { return nil }
            guard (ended != nil) == (after.isCondemned && after.inUse == 0) else { return "\(entry) ended or stayed" }
            return model.ended(ended.map { [$0] } ?? []) { $0.isCondemned }
        }

        private mutating func provision() -> String? {
            guard let entry = pool.provision() else { return nil }
            guard model.entries[entry] == nil else { return "\(entry) is in use" }
            model.entries[entry] = EnvironmentPoolModel.Entry(inUse: 0)
            return nil
        }

        private mutating func condemn() -> String? {
            let isIdle = { (entry: EnvironmentPoolModel.Entry) in
                entry.phase == .ready && !entry.isCondemned && entry.inUse == 0
            }
            let idle = model.entries.values.count(where: isIdle)
            let ended = pool.condemnAll(.updated)
            guard ended.count == idle else { return "\(ended.count) ended at once, not \(idle)" }
            if let fault = model.ended(ended, isIdle) { return fault }
            for entry in model.entries.keys { model.entries[entry]?.isCondemned = true }
            return nil
        }
    }
}
