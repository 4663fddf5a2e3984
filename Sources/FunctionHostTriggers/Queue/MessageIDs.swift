// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// Ids for messages, the same for the same seed.
final class MessageIDs: Sendable {
    private let seed: UInt64
    private let count = Atomic<UInt64>(0)

    init(seed: UInt64) { self.seed = seed }

    func next() -> InvocationID {
        InvocationID(number: count.wrappingAdd(1, ordering: .relaxed).newValue, seed: seed)
    }
}
