// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The alert is not one that could ever be sent.
enum Refused: Error, CustomStringConvertible {
    case unknownCity, missingUnit

    var description: String {
        switch self {
        case .unknownCity: "the city is unknown"
        case .missingUnit: "the unit is missing"
        }
    }
}

/// The endpoint has a fault that will pass.
struct Unavailable: Error, CustomStringConvertible {
    let description = "503, out of service"
}

/// The endpoint takes no more for the moment.
struct TooManyRequests: Error {
    let retryAfter: Duration
}

/// Stands in for a service somewhere behind a network, which fails in each way there is, and in each run in the same.
///
/// What it takes it writes into a file: so it is known what has arrived, whatever becomes of this process.
final class Endpoint: Sendable {
    private let journal: Int32
    private let state = Mutex(EndpointState())

    init(journal path: String) throws {
        journal = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard journal >= 0 else { throw Failure.system(path) }
    }

    deinit { close(journal) }

    /// How many alerts it has taken.
    var taken: Int { state.withLock { $0.taken } }
    /// How often it has asked somebody to come back later.
    var deferred: Int { state.withLock { $0.deferred } }

    /// Sends an alert.
    ///
    /// What is done is done before the answer is on its way: who does not live to see the answer does not know.
    func send(_ alert: Alert, _ context: InvocationContext) async throws -> Receipt {
        let answer = Result { try state.withLock { try $0.take(alert, now: context.now) } }
        if case .success = answer { try writeLine("\(getpid()) \(context.id) \(alert.key)", to: journal) }
        try await context.sleep(for: .milliseconds(40))
        return Receipt(number: try answer.get())
    }
}

/// What the endpoint remembers.
private struct EndpointState {
    private static let window: Duration = .milliseconds(100)
    private static let callsPerWindow = 25

    private(set) var taken = 0
    private(set) var deferred = 0
    private var calls: [String: Int] = [:]
    private var windowEnd = Timestamp(nanoseconds: 0)
    private var callsInWindow = 0

    /// Takes an alert, or says why not.
    mutating func take(_ alert: Alert, now: Timestamp) throws -> Int {
        if now >= windowEnd { (windowEnd, callsInWindow) = (now.advanced(by: Self.window), 0) }
        callsInWindow += 1
        guard callsInWindow <= Self.callsPerWindow else {
            deferred += 1
            throw TooManyRequests(retryAfter: now.duration(to: windowEnd))
        }
        guard alert.unit != nil else { throw Refused.missingUnit }
        guard Misspelling.of.keys.contains(alert.city) else { throw Refused.unknownCity }
        calls[alert.key, default: 0] += 1
        guard calls[alert.key, default: 0] > faults(of: alert.key) else { throw Unavailable() }
        taken += 1
        return taken
    }

    /// How often it fails before it takes an alert: mostly never, sometimes once or twice, and rarely more often than is tried.
    private func faults(of key: String) -> Int {
        // FNV-1a: Swift's own hash is another one in each process.
        let hash = key.utf8.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        return switch hash >> 32 % 100 {
        case 0..<12: 1
        case 12..<18: 2
        case 18..<20: 6
        default: 0
        }
    }
}
