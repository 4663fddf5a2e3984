// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization

/// Takes messages, or does not: as often as it is told, or by lot.
final class TestSink: MessageSink {
    let arn: String
    let isFIFO: Bool
    private let taken = Notes<MessageEntry>()
    private let refusals = Mutex<[any Error]>([])
    private let refusal: @Sendable () -> (any Error)?

    init(
        _ name: String = "sink", isFIFO: Bool = false,
        refusing refusal: @escaping @Sendable () -> (any Error)? = { nil }
    ) {
        arn = "arn:aws:sqs:local:000000000000:\(name)"
        self.isFIFO = isFIFO
        self.refusal = refusal
    }

    /// The next messages are refused with these.
    func refuse(_ errors: any Error...) { refusals.withLock { $0 += errors } }

    func send(_ entry: MessageEntry) async throws -> SentMessage {
        let error = refusals.withLock { $0.isEmpty ? nil : $0.removeFirst() } ?? refusal()
        if let error { throw error }
        taken.add(entry)
        return SentMessage(id: "\(taken.count)")
    }

    var entries: [MessageEntry] { taken.all }
    var bodies: [String] { taken.all.map(\.body) }
}

/// What passes.
let fullSink = SourceError(.full, reason: "planted")
/// What does not.
let refusingSink = SourceError(.invalidArgument, reason: "planted")

/// Hears of deliveries.
struct DeliveryEvents: HostObserver {
    let delivery = ObserverDelivery.immediate
    let all = Notes<DeliveryEvent>()

    func told(_ event: any ServiceEvent) {
        if let event = event as? DeliveryEvent { all.add(event) }
    }

    /// What was told, in a word each.
    var words: [String] {
        all.all.map { event in
            switch event.kind {
            case .kept: "kept"
            case .delivered(let retries): "delivered \(retries)"
            case .deadLettered: "dead"
            case .givenUp: "given up"
            case .deadLetterFailed: "dead letter failed"
            }
        }
    }
}
