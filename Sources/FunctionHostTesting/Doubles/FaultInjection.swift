// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What an injected fault throws.
public struct InjectedFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where it was injected.
    public let place: String

    /// Makes a fault.
    public init(_ place: String) { self.place = place }

    /// The place, as text.
    public var description: String { "injected fault: \(place)" }
}

/// Makes invocations slow, makes them fail before their handler runs, or after it has done its work: by lot, decided by the
/// simulation's seed.
///
/// What fails after its work is the case that handlers forget: the caller sees an error, and yet everything has been done.
public struct FaultInjection: Middleware {
    /// How likely an invocation fails before its handler runs.
    public var failingBefore: Double
    /// How likely one fails after its handler has returned.
    public var failingAfter: Double
    /// How likely one is held up first.
    public var delaying: Double
    /// For how long at most.
    public var delay: Duration

    /// Injects nothing unless told to.
    public init(
        failingBefore: Double = 0, failingAfter: Double = 0, delaying: Double = 0, delay: Duration = .milliseconds(100)
    ) {
        self.failingBefore = failingBefore
        self.failingAfter = failingAfter
        self.delaying = delaying
        self.delay = delay
    }

    /// Draws lots around one attempt; outside a simulation by the invocation's own random numbers.
    public func intercept<Input: Sendable, Output: Sendable>(
        _ input: Input, context: InvocationContext, next: Next<Input, Output>
    ) async throws -> Output {
        var generator = context.makeRandomNumberGenerator()
        func happens(_ probability: Double) -> Bool {
            Simulation.current?.chance(probability) ?? (Double.random(in: 0..<1, using: &generator) < probability)
        }
        if happens(delaying) { try await context.sleep(for: delay * Double.random(in: 0..<1, using: &generator)) }
        if happens(failingBefore) { throw InjectedFault("before the handler of \(context.functionName)") }
        let output = try await next(input, context)
        if happens(failingAfter) { throw InjectedFault("after the handler of \(context.functionName)") }
        return output
    }
}

/// Makes a closure that makes execution environments fail, or take long, by lot decided by the simulation's seed.
///
/// ```swift
/// try host.register("thumbnail", environment: faulty(failing: 0.2) { _ in Renderer() }) { … }
/// ```
public func faulty<State>(
    failing: Double = 0, delaying: Double = 0, delay: Duration = .milliseconds(100),
    _ makeState: @escaping @Sendable (EnvironmentContext) async throws -> sending State
) -> @Sendable (EnvironmentContext) async throws -> sending State {
    { context in
        if let simulation = Simulation.current {
            if simulation.chance(delaying) { try await simulation.clock.sleep(for: delay) }
            if simulation.chance(failing) { throw InjectedFault("the init of \(context.functionName)") }
        }
        return try await makeState(context)
    }
}
