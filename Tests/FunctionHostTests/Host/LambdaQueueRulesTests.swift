// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

/// Each rule of the service about asynchronous invocation, under virtual time.
///
/// Source: AWS Lambda Developer Guide, *How Lambda handles errors and retries with asynchronous invocation* and *Capturing records
/// of Lambda asynchronous invocations*; records as recorded from the service.
@Suite("The rules of Lambda's asynchronous invocation", .simulated(seeds: 0..<8))
struct LambdaQueueRulesTests {
    /// What a function does, how it is configured, and what the service then does with one event.
    struct Rule: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var retries = 2
        var age: Duration = .seconds(21_600)
        var reserved: Int?
        /// What each attempt does; the last one counts for all further ones.
        var attempts: [Attempt]
        /// When attempts begin, in seconds from the beginning.
        var starts: [Int]
        var condition: String
        var invokeCount: Int
        /// When the event ends, in seconds.
        var end: Int
        var response: String?
    }

    enum Attempt: Sendable {
        case succeed
        case fail
        /// Runs into its timeout of 3 seconds.
        case timeOut
    }

    static let error = #"{"errorType":"Broken","errorMessage":"it is broken"}"#
    static let timeout =
        #"{"errorType":"FunctionHost.timedOut","errorMessage":"timedOut (work): task timed out after 3.00 seconds"}"#

    static let rules = [
        Rule(
            testDescription: "a success is told as such", attempts: [.succeed], starts: [0], condition: "Success",
            invokeCount: 1, end: 0, response: "7"),
        Rule(
            testDescription: "a success after a failure counts both", attempts: [.fail, .succeed], starts: [0, 60],
            condition: "Success", invokeCount: 2, end: 60, response: "7"),
        Rule(
            testDescription: "a function error is retried after one minute and after two", attempts: [.fail],
            starts: [0, 60, 180], condition: "RetriesExhausted", invokeCount: 3, end: 180, response: error),
        Rule(
            testDescription: "a timeout is a function error", attempts: [.timeOut], starts: [0, 63, 186],
            condition: "RetriesExhausted", invokeCount: 3, end: 189, response: timeout),
        Rule(
            testDescription: "one retry", retries: 1, attempts: [.fail], starts: [0, 60], condition: "RetriesExhausted",
            invokeCount: 2, end: 60, response: error),
        Rule(
            testDescription: "no retry", retries: 0, attempts: [.fail], starts: [0], condition: "RetriesExhausted",
            invokeCount: 1, end: 0, response: error),
        Rule(
            testDescription: "the age ends what would be tried again at that moment", age: .seconds(60),
            attempts: [.fail],
            starts: [0], condition: "EventAgeExceeded", invokeCount: 1, end: 60, response: error),
        Rule(
            testDescription: "the age ends it between two retries", age: .seconds(100), attempts: [.fail],
            starts: [0, 60], condition: "EventAgeExceeded", invokeCount: 2, end: 100, response: error),
        Rule(
            testDescription: "a function that is switched off fails its events at once", reserved: 0, attempts: [],
            starts: [], condition: "ZeroReservedConcurrency", invokeCount: 0, end: 0, response: nil),
    ]

    @Test("Attempts, times, condition and record", arguments: rules)
    func rule(_ rule: Rule) async throws {
        let (success, failure) = (RecordedDeliveries("success"), RecordedDeliveries("failure"))
        let host = FunctionHost(system: .simulated)
        var configuration = FunctionConfiguration(timeout: .seconds(3), reservedConcurrency: rule.reserved)
        configuration.retry = .lambda(maximumRetries: rule.retries)
        configuration.maximumEventAge = rule.age
        configuration.onSuccess = .sink(success)
        configuration.onFailure = .sink(failure)
        let start = host.now
        let starts = Mutex<[Int]>([])
        let ids = Mutex<Set<InvocationID>>([])
        let work = try host.register("work", configuration: configuration) { (number: Int, context) -> Int in
            starts.withLock { $0.append(Int(start.duration(to: context.startedAt).components.seconds)) }
            ids.withLock { _ = $0.insert(context.id) }
            switch rule.attempts[min(context.attempt, rule.attempts.count) - 1] {
            case .succeed: return number
            case .fail: throw Broken()
            case .timeOut:
                try await context.sleep(for: .seconds(10))
                return number
            }
        }
        try await host.run {
            let id = try await host.enqueue(work, with: 7)
            try await host.drain()
            #expect(starts.withLock { $0 } == rule.starts)
            // Retries keep the id.
            #expect(ids.withLock { $0 }.subtracting([id]).isEmpty)
            let isSuccess = rule.condition == "Success"
            let records = (isSuccess ? success : failure).all
            #expect((isSuccess ? failure : success).all.isEmpty)
            let delivery = try #require(records.first)
            #expect(records.count == 1)
            #expect(delivery.invocationID == id)
            #expect(delivery.isSuccess == isSuccess)
            #expect(String(decoding: delivery.record, as: UTF8.self) == record(of: rule, id, from: start))
            // Both get it: the destination, and the dead-letter queue.
            let letter = try await host.deadLetters.letter(id)
            #expect((letter == nil) == isSuccess)
            #expect(letter.map { $0.cause.description == rule.condition } ?? true)
            #expect(letter.map { $0.attempts == rule.invokeCount } ?? true)
        }
    }

    private func record(of rule: Rule, _ id: InvocationID, from start: Timestamp) -> String {
        let time = start.advanced(by: .seconds(rule.end)).iso8601
        let ran =
            rule.response.map { response in
                let error = rule.condition == "Success" ? "" : #","functionError":"Unhandled""#
                return
                    #","responseContext":{"statusCode":200,"executedVersion":"$LATEST"\#(error)},"responsePayload":\#(response)"#
            } ?? ""
        return
            #"{"version":"1.0","timestamp":"\#(time)","requestContext":{"requestId":"\#(id)","#
            + #""functionArn":"arn:aws:lambda:local:000000000000:function:work:$LATEST","condition":"\#(rule.condition)","#
            + #""approximateInvokeCount":\#(rule.invokeCount)},"requestPayload":7\#(ran)}"#
    }

    @Test("A throttled event is tried again after 1, 2, 4 … 256, 300 seconds, uncharged, until it is too old")
    func throttled() async throws {
        let (events, deaths) = (EventRecorder(), RecordedDeliveries("deaths"))
        let host = FunctionHost(observers: [events], system: .simulated)
        var configuration = FunctionConfiguration(timeout: nil, reservedConcurrency: 1)
        configuration.maximumEventAge = .seconds(1_200)
        configuration.onFailure = .sink(deaths)
        let gate = OneShot<Void>()
        let work = try host.register("work", configuration: configuration) { (isHolding: Bool, context) in
            if isHolding { await gate.wait() }
        }
        try await host.run {
            async let holder: Void = host.invoke(work, with: true)
            try await host.waitUntilStarted()
            let id = try await host.enqueue(work, with: false)
            try await host.drain()
            let letter = try #require(try await host.deadLetters.letter(id))
            #expect(letter.cause == .eventAgeExceeded)
            #expect(letter.attempts == 0)
            // At 0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811 and 1,111 seconds; then its age ends it.
            #expect(events.throttles(of: "work") == 12)
            gate.give(())
            try await holder
        }
        #expect(deaths.all.count == 1)
    }

    @Test("Destinations: a function gets the record as its event, asynchronously")
    func functionDestination() async throws {
        let host = FunctionHost(system: .simulated)
        let seen = Mutex<[String]>([])
        try host.register(raw: "audit") { bytes, _ in
            seen.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
            return []
        }
        var configuration = FunctionConfiguration()
        configuration.onSuccess = .function("audit")
        let work = try host.register("work", configuration: configuration) { (number: Int, _) in number * 2 }
        try await host.run {
            let id = try await host.enqueue(work, with: 21)
            try await host.drain()
            let text = try #require(seen.withLock { $0 }.first)
            #expect(text.contains(#""requestId":"\#(id)""#))
            #expect(text.contains(#""condition":"Success""#))
            #expect(text.contains(#""responsePayload":42"#))
            // A synchronous invocation has no destination.
            _ = try await host.invoke(work, with: 1)
            try await host.drain()
            #expect(seen.withLock { $0 }.count == 1)
        }
    }

    private struct Broken: Error, CustomStringConvertible {
        var description: String { "it is broken" }
    }
}

/// Keeps what it is given.
final class RecordedDeliveries: Destination {
    let name: String
    private let deliveries = Mutex<[Delivery]>([])

    init(_ name: String) { self.name = name }

    var all: [Delivery] { deliveries.withLock { $0 } }

    func deliver(_ delivery: Delivery) async throws { deliveries.withLock { $0.append(delivery) } }
}
