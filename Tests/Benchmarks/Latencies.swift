// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How long something took, each time.
final class Latencies: Sendable {
    private let values = Mutex<[Duration]>([])

    func add(_ value: Duration) { values.withLock { $0.append(value) } }

    /// What so many of a hundred did not exceed, in milliseconds.
    func milliseconds(_ percentile: Int) -> Double {
        values.withLock { values in
            let sorted = values.sorted()
            return sorted.isEmpty
                ? 0 : sorted[min(sorted.count - 1, sorted.count * percentile / 100)].nanoseconds / 1e6
        }
    }
}
