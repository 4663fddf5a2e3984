// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Synchronization

/// What handlers were given, in order.
final class Gathered<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var all: [Element] { elements.withLock { $0 } }
    var count: Int { elements.withLock { $0.count } }
    func add(_ more: [Element]) { elements.withLock { $0 += more } }
}

/// Hears why mappings could not go on.
struct Complaints: HostObserver {
    let delivery = ObserverDelivery.immediate
    let reasons = Gathered<String>()

    func told(_ event: any ServiceEvent) {
        guard let event = event as? MappingEvent else { return }
        switch event.kind {
        case .sourceFailed(let reason), .checkpointFailed(let reason): reasons.add([reason])
        default: break
        }
    }
}

extension StreamRecord {
    var text: String { String(decoding: data, as: UTF8.self) }
}

extension RecordEntry {
    static func text(_ text: String, key: String = "k") -> Self {
        Self(partitionKey: key, data: Array(text.utf8))
    }
}
