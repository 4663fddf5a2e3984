// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The lives of a program that crashes and is started again, each a ``Simulation`` of its own.
///
/// ```swift
/// @Test(arguments: 0..<1_000)
/// func nothingIsLost(seed: Int) throws {
///     let disk = SimulatedDisk()
///     try Lives(seed: seed, crashes: 1...5).run { life in
///         let host = FunctionHost(store: SimulatedDiskStore(disk), system: .simulated)
///         …
///     }
/// }
/// ```
///
/// A life that crashes is stopped dead at a step by lot: nothing of it runs any more, no `defer` and no `deinit`. What it kept on
/// a ``SimulatedDisk`` is there in the next one, whose virtual time begins a little later. The last life runs to its end.
///
/// The tasks of a life that crashed stay in memory for ever, a few kilobytes each, as nobody can know what still refers to them.
public struct Lives: Sendable {
    /// Decides everything: how many crashes there are, when, and what each life does.
    public let seed: Int
    /// How often the program crashes.
    public let crashes: ClosedRange<Int>
    /// How it is chosen what runs next; taken in turn, life by life.
    public let strategies: [SimulationStrategy]
    /// How long it takes at most until the program is started again.
    public let pause: Duration
    /// How many steps the last life may take before it counts as endless.
    public let maximumSteps: Int

    /// One life.
    public struct Life: Sendable {
        /// Which one it is; 1 is the first.
        public let number: Int
        /// Whether it runs to its end.
        public let isLast: Bool
        /// Where it takes place.
        public let simulation: Simulation

        /// Whether there was none before.
        public var isFirst: Bool { number == 1 }
    }

    /// Prepares the lives of a program.
    ///
    /// - Parameters:
    ///   - seed: Decides everything.
    ///   - crashes: How often the program crashes.
    ///   - strategies: Taken in turn, life by life, from one that the seed decides.
    ///   - pause: How long it takes at most until the program is started again.
    ///   - maximumSteps: How many steps the last life may take before it counts as endless.
    public init(
        seed: Int, crashes: ClosedRange<Int> = 1...5,
        strategies: [SimulationStrategy] = [.uniform, .priorities(changes: 2), .uniform, .priorities(changes: 3)],
        pause: Duration = .seconds(20), maximumSteps: Int = 1_000_000
    ) {
        self.seed = seed
        self.crashes = crashes
        self.strategies = strategies.isEmpty ? [.uniform] : strategies
        self.pause = pause
        self.maximumSteps = maximumSteps
    }

    /// Runs the lives on this thread, one after the other.
    ///
    /// - Parameter body: The program, from its start: it finds out from its disk what there is to do.
    /// - Returns: What the last life returned.
    /// - Throws: ``LifeFailure`` around what a life threw.
    @discardableResult
    public func run<Result: Sendable>(_ body: @escaping @Sendable (Life) async throws -> Result) throws -> Result {
        var random = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
        let count = Int.random(in: crashes, using: &random)
        let turn = Int.random(in: 0..<strategies.count, using: &random)
        var (start, wallOffset) = (Simulation.start, Duration.zero)
        for number in 1... {
            let simulation = Simulation(
                seed: Int(truncatingIfNeeded: random.next()), strategy: strategies[(turn + number) % strategies.count],
                start: start, wallOffset: wallOffset, maximumSteps: maximumSteps)
            let life = Life(number: number, isLast: number > count, simulation: simulation)
            let crash = life.isLast ? nil : Self.crashStep(&random)
            do {
                let result = try simulation.run(crashingAt: crash) { try await body(life) }
                if life.isLast, let result { return result }
            } catch {
                throw LifeFailure(lives: self, life: life, error: error)
            }
            let pause = Int64.random(in: 0...max(0, pause.wholeNanoseconds), using: &random)
            start = simulation.now.advanced(by: .nanoseconds(pause))
            wallOffset = simulation.wallOffset
        }
        preconditionFailure("the last life has ended without a result")
    }

    /// How long a life will take is not known beforehand: the steps are spread over three orders of magnitude.
    private static func crashStep(_ random: inout SplitMix64) -> Int {
        let scale = [10, 100, 1_000][Int.random(in: 0..<3, using: &random)]
        return Int.random(in: 0...scale, using: &random)
    }
}

/// What a life threw, and how to make it happen again.
public struct LifeFailure: Error, CustomStringConvertible {
    /// What it threw.
    public let error: any Error
    /// Which life it was.
    public let number: Int
    /// What happened in it, step by step.
    public let schedule: String
    private let replay: String

    init(lives: Lives, life: Lives.Life, error: any Error) {
        self.error = error
        number = life.number
        schedule = life.simulation.schedule
        let crashes = "\(lives.crashes.lowerBound)...\(lives.crashes.upperBound)"
        replay = "Lives(seed: \(lives.seed), crashes: \(crashes))"
    }

    /// What happened, and how to make it happen again.
    public var description: String { "life \(number): \(error) Replay: \(replay)" }
}
