// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct InvocationContextTests {
    private enum UserKey: InvocationContextKey { typealias Value = String }
    private enum DepthKey: InvocationContextKey { typealias Value = Int }

    @Test("A context is made by hand in a line, with defaults that a handler can live with")
    func byHand() {
        let context = InvocationContext(functionName: "greet")
        #expect(context.functionName == "greet")
        #expect(context.version == .latest)
        #expect(context.alias == nil)
        #expect(context.attempt == 1)
        #expect(context.memorySize == 128)
        #expect(context.isColdStart)
        #expect(context.variables.isEmpty)
        #expect(context.clientContext == nil)
        #expect(context.traceHeader == nil)
        #expect(context.progress == nil)
    }

    @Test("What a context is made with is what a handler sees")
    func given() {
        let client = ClientContext(custom: ["a": "b"])
        let id = InvocationID(high: 3, low: 4)
        let context = InvocationContext(
            functionName: "greet", attempt: 2, variables: ["LEVEL": "9"], clientContext: client, traceHeader: "Root=1",
            id: id)
        #expect(context.attempt == 2)
        #expect(context.variables == ["LEVEL": "9"])
        #expect(context.clientContext == client)
        #expect(context.traceHeader == "Root=1")
        #expect(context.id == id)
    }

    @Test(
        "The remaining time shrinks with the clock and is never negative",
        arguments: [(0, 2_000), (500, 1_500), (2_000, 0), (9_000, 0)])
    func remainingTime(elapsed: Int, remaining: Int) {
        let clock = StillClock()
        let context = InvocationContext(functionName: "greet", timeout: .seconds(2), clock: clock)
        clock.advance(by: .milliseconds(elapsed))
        #expect(context.remainingTime == .milliseconds(remaining))
        #expect(context.deadline == context.startedAt.advanced(by: .seconds(2)))
    }

    @Test("A value hung on a context is there under its key only, and can be taken off")
    func values() {
        var context = InvocationContext(functionName: "greet")
        #expect(context[UserKey.self] == nil)
        context[UserKey.self] = "ann"
        context[DepthKey.self] = 3
        #expect(context[UserKey.self] == "ann")
        #expect(context[DepthKey.self] == 3)
        context[UserKey.self] = nil
        #expect(context[UserKey.self] == nil)
        #expect(context[DepthKey.self] == 3)
    }

    @Test("Setting a value changes no other copy of the context, and keeps what it is")
    func copyOnWrite() {
        let context = InvocationContext.made(id: 9)
        var first = context
        first[UserKey.self] = "ann"
        var second = first
        second[UserKey.self] = "bob"
        #expect(context[UserKey.self] == nil)
        #expect(first[UserKey.self] == "ann")
        #expect(second[UserKey.self] == "bob")
        #expect(second.id == context.id)
        #expect(second.identity === context.identity)
        #expect(second.deadline == context.deadline)
    }

    @Test("Of progress the latest is kept, by every copy of the context")
    func progress() {
        let context = InvocationContext(functionName: "greet")
        var copy = context
        copy[DepthKey.self] = 1
        context.reportProgress(0.2, "reading")
        copy.reportProgress(0.7)
        #expect(context.progress == Progress(fraction: 0.7))
    }

    @Test("A line reaches whoever listens, with its level and metadata")
    func log() {
        let services = ListeningServices()
        let context = InvocationContext.made(services: services)
        context.log("Hello")
        context.log("Trouble", level: .error, metadata: ["count": "3"])
        #expect(
            services.logs == [
                LogMessage(level: .info, text: "Hello"),
                LogMessage(level: .error, text: "Trouble", metadata: ["count": "3"]),
            ])
    }

    @Test("Where nobody listens a line is not even made")
    func silentLog() {
        var made = 0
        func line() -> String {
            made += 1
            return "line"
        }
        InvocationContext.made(services: ListeningServices(hearsLogs: false)).log(line())
        InvocationContext(functionName: "greet").log(line())
        #expect(made == 0)
    }

    @Test("A handler that wants its environment to end says so once for all copies")
    func discard() {
        let context = InvocationContext(functionName: "greet")
        #expect(!context.storage.environment.isToBeDiscarded)
        context.discardEnvironment()
        #expect(context.storage.environment.isToBeDiscarded)
    }

    @Test("Random numbers are the same for the same id and attempt, and others for another", arguments: 1...3)
    func random(attempt: Int) {
        func number(_ id: UInt64, _ attempt: Int) -> UInt64 {
            let id = InvocationID(high: 0, low: id)
            var generator = InvocationContext(functionName: "f", attempt: attempt, id: id).makeRandomNumberGenerator()
            return generator.next()
        }
        #expect(number(1, attempt) == number(1, attempt))
        #expect(number(1, attempt) != number(2, attempt))
        #expect(number(1, attempt) != number(1, attempt + 1))
    }

    @Test("Options tell the handler only what the caller gave")
    func details() {
        #expect(CallerOptions(InvocationOptions(deadline: .at(5)), now: .at(0)).details == nil)
        #expect(CallerOptions(InvocationOptions(traceHeader: "Root=1"), now: .at(0)).details?.traceHeader == "Root=1")
        let client = ClientContext(custom: ["a": "b"])
        #expect(CallerOptions(InvocationOptions(clientContext: client), now: .at(0)).details?.clientContext == client)
    }
}
