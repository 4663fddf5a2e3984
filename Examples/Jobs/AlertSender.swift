// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite

/// A host with the one function of this example.
struct AlertSender: Sendable {
    let host: FunctionHost
    let endpoint: Endpoint
    let metrics = Metrics()
    let rescues = Rescues()
    let alert: Function<Alert, Receipt>

    /// - Parameters:
    ///   - store: Keeps the alerts until they have been sent.
    ///   - pipe: Where to tell of each alert that was sent; nil for nowhere.
    init(store: some InvocationStore, files: Files, pipe: Int32? = nil) throws {
        var configuration = FunctionHost.Configuration()
        configuration.asynchronousConcurrency = 16
        // Nobody takes so many failures for an outage here: half of all attempts may be retries, in place of a fifth.
        configuration.retryBudget = RetryBudget(share: 0.5)
        host = FunctionHost(configuration: configuration, observers: [metrics, rescues], store: store)
        let endpoint = try Endpoint(journal: files.journal)
        self.endpoint = endpoint
        alert = try host.register("alert", configuration: Self.configuration(files, pipe)) { (alert: Alert, context) in
            do {
                return try await endpoint.send(alert, context)
            } catch let refusal as TooManyRequests {
                // Not the alert's fault: the attempt is not charged to it.
                throw RetryLater(after: refusal.retryAfter)
            }
        }
    }

    /// In a file, where what was being tried when its process was killed is free again after two seconds.
    static func store(in files: Files) throws -> SQLiteStore {
        var configuration = SQLiteStore.Configuration()
        configuration.leaseDuration = .seconds(2)
        return try SQLiteStore(path: files.queue, configuration: configuration)
    }

    private static func configuration(_ files: Files, _ pipe: Int32?) -> FunctionConfiguration {
        var configuration = FunctionConfiguration(timeout: .seconds(1))
        configuration.retry = .exponential(maximumAttempts: 4, base: .milliseconds(100), maximum: .seconds(1))
            .retrying { $0 is Refused ? .doNotRetry : .retry }
        configuration.onSuccess = .sink(SentRecords(file: JSONLinesDestination(path: files.sent), pipe: pipe))
        configuration.onFailure = .sink(JSONLinesDestination(path: files.failed))
        return configuration
    }
}

/// A destination of this program's own: a line in a file for each alert that was sent, and another in a pipe.
struct SentRecords: Destination {
    let file: JSONLinesDestination
    let pipe: Int32?
    var name: String { file.name }

    /// The record exists if and only if the store knows that the alert was sent.
    func deliver(_ delivery: Delivery) async throws {
        try await file.deliver(delivery)
        if let pipe { try writeLine("sent", to: pipe) }
    }
}
