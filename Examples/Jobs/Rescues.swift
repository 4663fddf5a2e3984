// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// An observer: counts the alerts whose process ended while it was sending them.
final class Rescues: HostObserver {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .relaxed) }

    func queueChanged(_ event: QueueEvent) {
        if case .rescued(let count) = event { number.add(count, ordering: .relaxed) }
    }
}
