// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What the callers ask of the functions, and what they find.
struct Work: Sendable {
    let host: FunctionHost
    let functions: Functions
    /// Every day, and those of them that have a reading at all.
    let days: [Day]
    let measuredDays: [Day]

    init(host: FunctionHost, functions: Functions, days: [Day]) {
        self.host = host
        self.functions = functions
        self.days = days
        measuredDays = days.filter { !$0.readings.isEmpty }
    }

    /// About how many invocations it will be: three a day, and some.
    static func size(of data: Temperatures) -> Int { data.days.count * 3 + 26 }

    /// Each day of both cities by eight callers at a time: twice as many as the function has room for, so half of them wait.
    func summaries() async throws -> [Summary] {
        try await measuredDays.map(callers: 8) { try await host.invoke(functions.summarizeDay, with: $0) }
    }

    /// Twelve callers at once who will not wait: as many as there is room for are answered, the others are throttled.
    func burst() async throws -> (answered: Int, throttled: [FunctionHostError]) {
        let options = InvocationOptions(saturation: .reject)
        let refusals = try await measuredDays.prefix(12).map(callers: 12) { day -> FunctionHostError? in
            do {
                _ = try await host.invoke(functions.summarizeDay, with: day, options: options)
                return nil
            } catch let error as FunctionHostError where error.code == .throttled {
                return error
            }
        }
        let throttled = refusals.compactMap { $0 }
        return (refusals.count - throttled.count, throttled)
    }

    /// Two callers, so at most two environments: each starts cold once, and is warm from then on.
    func departures() async throws -> [Departure] {
        try await measuredDays.map(callers: 2) { try await host.invoke(functions.departure, with: $0) }
    }

    /// The months of a city, read while they are written.
    func months(of city: City) async throws -> [Month] {
        try await host.stream(functions.months, with: city) { months in
            var read: [Month] = []
            for try await month in months { read.append(month) }
            return read
        }
    }

    /// The handler's own error, where there was one.
    func audit() async throws -> [MissingHours] {
        try await days.map(callers: 2) { day -> MissingHours? in
            do {
                _ = try await host.invoke(functions.auditDay, with: day)
                return nil
            } catch let error as MissingHours {
                return error
            }
        }
        .compactMap { $0 }
    }

    /// The week in which the clocks went forward: handed over in one go, to be worked on later; what failed for good is kept.
    func archive() async throws -> (accepted: Int, failed: [DeadLetter]) {
        let week = days.filter { $0.month == 3 && (8...14).contains($0.day) }
        let receipts = try await host.enqueue(functions.archiveDay, batch: week)
        while try await host.queueFigures().active > 0 { try await Task.sleep(for: .milliseconds(2)) }
        return (receipts.count, try await host.deadLetters.list())
    }

    /// Its answer, or that it did not come in time.
    func outlook(days: Int) async throws -> String {
        do {
            return "\"\(try await host.invoke(functions.outlook, with: days))\""
        } catch let error as FunctionHostError where error.code == .timedOut {
            return "\(error.code): \(error.reason)"
        }
    }

    /// By name and with JSON, as somebody asks who has no Swift types: over HTTP, or from a queue.
    func celsius(_ json: String) async throws -> String {
        do {
            return try await host.invoke(named: "to-celsius", payload: Array(json.utf8)).text
        } catch let error as FunctionHostError where error.code == .payloadUndecodable {
            return "\(error.code): \(error.reason)"
        }
    }
}

extension Collection where Self: Sendable, Element: Sendable {
    /// Maps each element in a task, at most so many at a time; the results are in the elements' order.
    func map<Result: Sendable>(
        callers: Int, _ transform: @escaping @Sendable (Element) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var waiting = enumerated().makeIterator()
            func addNext() {
                guard let (index, element) = waiting.next() else { return }
                group.addTask { (index, try await transform(element)) }
            }
            for _ in 0..<callers { addNext() }
            var results = [Result?](repeating: nil, count: count)
            while let (index, result) = try await group.next() {
                results[index] = result
                addNext()
            }
            return results.compactMap { $0 }
        }
    }
}
