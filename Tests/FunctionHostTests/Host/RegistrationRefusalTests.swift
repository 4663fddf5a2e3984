// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// A configuration that is one step inside or outside a bound.
struct ConfigurationCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the refusal says; nil if it is to be accepted.
    let refusal: String?
    let change: @Sendable (inout FunctionConfiguration) -> Void

    init(
        _ name: String, refused refusal: String? = nil,
        _ change: @escaping @Sendable (inout FunctionConfiguration) -> Void
    ) {
        testDescription = name
        self.refusal = refusal
        self.change = change
    }

    static let all: [Self] = durations + limits + texts

    private static let tooLong = Duration.seconds(900) + .nanoseconds(1)

    private static let durations: [Self] = [
        Self("timeout 1 ms") { $0.timeout = .milliseconds(1) },
        Self("timeout below 1 ms", refused: "timeout is") { $0.timeout = .nanoseconds(999_999) },
        Self("timeout negative", refused: "timeout is") { $0.timeout = .seconds(-1) },
        Self("timeout 15 min") { $0.timeout = .seconds(900) },
        Self("timeout over 15 min", refused: "1 millisecond to 15 minutes") { $0.timeout = tooLong },
        Self("no timeout") { $0.timeout = nil },
        Self("initTimeout 1 ms") { $0.initTimeout = .milliseconds(1) },
        Self("initTimeout below 1 ms", refused: "initTimeout is") { $0.initTimeout = .nanoseconds(999_999) },
        Self("initTimeout 15 min") { $0.initTimeout = .seconds(900) },
        Self("initTimeout over 15 min", refused: "initTimeout is") { $0.initTimeout = tooLong },
        Self("shutdownTimeout 0") { $0.shutdownTimeout = .zero },
        Self("shutdownTimeout below 0", refused: "shutdownTimeout is") { $0.shutdownTimeout = .nanoseconds(-1) },
        Self("shutdownTimeout 15 min") { $0.shutdownTimeout = .seconds(900) },
        Self("shutdownTimeout over 15 min", refused: "from 0 to 15 minutes") { $0.shutdownTimeout = tooLong },
        Self("idleTimeout 0") { $0.idleTimeout = .zero },
        Self("idleTimeout below 0", refused: "idleTimeout is") { $0.idleTimeout = .nanoseconds(-1) },
        Self("patience 0") { $0.saturation = .wait(atMost: .zero) },
        Self("patience below 0", refused: "saturation waits") { $0.saturation = .wait(atMost: .nanoseconds(-1)) },
        Self("patience 15 min") { $0.saturation = .wait(atMost: .seconds(900)) },
        Self("patience over 15 min", refused: "saturation waits") { $0.saturation = .wait(atMost: tooLong) },
    ]

    private static let limits: [Self] = [
        Self("reserved 0") { $0.reservedConcurrency = 0 },
        Self("reserved below 0", refused: "reservedConcurrency is -1") { $0.reservedConcurrency = -1 },
        Self("reserved up to the host's rest") { $0.reservedConcurrency = 900 },
        Self("reserved beyond the rest", refused: "would leave 99 of the host's 1000") { $0.reservedConcurrency = 901 },
        Self("provisioned below 0", refused: "provisionedConcurrency is -1") { $0.provisionedConcurrency = -1 },
        Self("provisioned as many as the host runs") { $0.provisionedConcurrency = 1_000 },
        Self("provisioned more", refused: "the host's concurrency is 1000") { $0.provisionedConcurrency = 1_001 },
        Self("provisioned as many as reserved") {
            $0.reservedConcurrency = 2
            $0.provisionedConcurrency = 2
        },
        Self("provisioned more than reserved", refused: "must not be over reservedConcurrency, 2") {
            $0.reservedConcurrency = 2
            $0.provisionedConcurrency = 3
        },
        Self("memory 127", refused: "memorySize is 127") { $0.memorySize = 127 },
        Self("memory 128") { $0.memorySize = 128 },
        Self("memory 10,240") { $0.memorySize = 10_240 },
        Self("memory 10,241", refused: "from 128 to 10,240 MiB") { $0.memorySize = 10_241 },
    ]

    private static let texts: [Self] = [
        Self("variable of two characters") { $0.variables = ["ab": ""] },
        Self("variable of one", refused: #"a variable is named "a""#) { $0.variables = ["a": ""] },
        Self("variable with a digit first", refused: "begin with a letter") { $0.variables = ["1a": ""] },
        Self("variable with a hyphen", refused: "A-Z 0-9 _") { $0.variables = ["a-b": ""] },
        Self("variable of Lambda's", refused: "AWS_REGION is reserved") { $0.variables = ["AWS_REGION": "here"] },
        Self("variables of 4,096 bytes") { $0.variables = ["ab": String(repeating: "v", count: 4_087)] },
        Self("variables of 4,097 bytes", refused: "variables measure 4097 bytes") {
            $0.variables = ["ab": String(repeating: "v", count: 4_088)]
        },
        Self("summary of 256 characters") { $0.summary = String(repeating: "ä", count: 256) },
        Self("summary of 257 characters", refused: "summary") { $0.summary = String(repeating: "ä", count: 257) },
    ]
}

/// What cannot be registered, and what the refusal says.
@Suite("Refused registrations", .simulated(seeds: 0..<4)) struct RegistrationRefusalTests {
    @Test(
        "A name of 1 to 64 letters, digits, underscores and hyphens is accepted",
        arguments: [
            "a", "Z", "0", "_", "-", "snake_case-AND-kebab-09", String(repeating: "n", count: 64),
        ])
    func goodName(_ name: String) async throws {
        let host = FunctionHost(system: .simulated)
        try host.register(Function(name)) { (_: Void, context) in context.functionName }
        #expect(try await host.invoke(Function<Void, String>(name)) == name)
    }

    @Test(
        "Any other name is refused with the reason",
        arguments: [
            ("", "the name is empty"), (String(repeating: "n", count: 65), "has 65 bytes"), ("two words", "U+0020"),
            ("dots.too", "U+002E"), ("pa/th", "U+002F"), ("name:1", "U+003A"), ("größe", "U+00F6"), ("🙂", "U+1F642"),
            ("null\u{0}", "U+0000"), ("line\n", "U+000A"), ("$LATEST", "U+0024"),
        ])
    func badName(_ name: String, reason: String) async throws {
        let host = FunctionHost(system: .simulated)
        await expectError(.invalidName, of: name, saying: reason) {
            try host.register(Function(name)) { (_: Void, _) in }
        }
        await expectError(.invalidName, of: name, saying: reason) {
            try host.register(StreamingFunction(name)) { (_: Void, _: ResponseWriter<Int>, _) in }
        }
        await expectError(.notFound, of: name, saying: "no function") {
            try await host.invoke(Function<Void, Void>(name))
        }
        #expect(host.listFunctions().isEmpty)
    }

    @Test(
        "Each bound of a configuration holds on both sides, for register and for update",
        arguments: ConfigurationCase.all)
    func configuration(_ bound: ConfigurationCase) async throws {
        let host = FunctionHost(system: .simulated)
        var configuration = FunctionConfiguration()
        bound.change(&configuration)
        try host.register("other") { (_: Void, _) in }
        guard let refusal = bound.refusal else {
            try host.register("bounded", configuration: configuration) { (_: Void, _) in }
            try host.remove("bounded")
            try host.update("other", bound.change)
            return
        }
        await expectError(.invalidConfiguration, of: "bounded", saying: refusal) {
            try host.register("bounded", configuration: configuration) { (_: Void, _) in }
        }
        await expectError(.invalidConfiguration, of: "other", saying: refusal) {
            try host.update("other", bound.change)
        }
        #expect(host.listFunctions().map(\.name) == ["other"])
    }

    @Test("An environment shared by fewer than one is refused", arguments: [0, -1])
    func sharedByNobody(_ concurrency: Int) async throws {
        let host = FunctionHost(system: .simulated)
        await expectError(.invalidConfiguration, of: "shared", saying: "sharedBy is \(concurrency)") {
            try host.register("shared", sharedBy: concurrency, environment: { _ in 0 }) { (_: Int, _: Void, _) in }
        }
    }

    @Test("A second function of the same name is refused, whatever its types, and the first stays")
    func duplicate() async throws {
        let host = FunctionHost(system: .simulated)
        let first = try host.register("twice") { (_: Void, _) in "first" }
        await expectError(.alreadyRegistered, of: "twice", saying: "a function of this name exists") {
            try host.register("twice") { (_: Void, _) in "second" }
        }
        await expectError(.alreadyRegistered, of: "twice", saying: "remove it first") {
            try host.register("twice" as StreamingFunction<Void, Int>) { _, _, _ in }
        }
        #expect(try await host.invoke(first) == "first")
    }

    @Test("Reservations together leave the unreserved minimum, and one that is lifted can be made again")
    func reservations() async throws {
        var configuration = FunctionHost.Configuration(concurrency: 10)
        configuration.unreservedConcurrencyMinimum = 3
        let host = FunctionHost(configuration: configuration, system: .simulated)
        func reserve(_ count: Int, _ name: String) throws {
            try host.register(Function(name), configuration: .init(timeout: nil, reservedConcurrency: count)) {
                (_: Void, _) in
            }
        }
        try reserve(4, "a")
        await expectError(.invalidConfiguration, of: "b", saying: "at least 3 must stay") { try reserve(4, "b") }
        try reserve(3, "b")
        await expectError(.invalidConfiguration, of: "a", saying: "would leave 2 of the host's 10") {
            try host.update("a") { $0.reservedConcurrency = 5 }
        }
        try host.update("b") { $0.reservedConcurrency = nil }
        try host.update("a") { $0.reservedConcurrency = 5 }
        try host.remove("a")
        try reserve(7, "c")
    }

    @Test("A shutdown refuses new functions, before, during and after")
    func shutdown() async throws {
        let host = FunctionHost(system: .simulated)
        host.triggerGracefulShutdown()
        for phase in [HostPhase.draining, .finished] {
            #expect(host.phase == phase)
            await expectError(.shuttingDown, of: "late", saying: "register before that") {
                try host.register("late") { (_: Void, _) in }
            }
            await host.shutdown()
        }
    }
}
