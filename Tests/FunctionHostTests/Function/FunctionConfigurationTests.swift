// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct FunctionConfigurationTests {
    /// A change to the defaults, and whether it is allowed.
    struct Change: Sendable, CustomTestStringConvertible {
        let setting: String
        let value: String
        let isFine: Bool
        let apply: @Sendable (inout FunctionConfiguration) -> Void

        init<Value: Sendable>(
            _ setting: String, _ path: any WritableKeyPath<FunctionConfiguration, Value> & Sendable, _ value: Value,
            isFine: Bool
        ) {
            self.setting = setting
            self.value = "\(value)"
            self.isFine = isFine
            apply = { $0[keyPath: path] = value }
        }

        var testDescription: String { "\(setting) \(value)" }
    }

    private static let short: Duration = .nanoseconds(999_999)
    private static let long: Duration = .seconds(900) + .nanoseconds(1)

    static let durations: [Change] = [
        Change("timeout", \.timeout, nil, isFine: true), Change("timeout", \.timeout, .milliseconds(1), isFine: true),
        Change("timeout", \.timeout, short, isFine: false), Change("timeout", \.timeout, .seconds(900), isFine: true),
        Change("timeout", \.timeout, long, isFine: false), Change("timeout", \.timeout, .seconds(-1), isFine: false),
        Change("initTimeout", \.initTimeout, .milliseconds(1), isFine: true),
        Change("initTimeout", \.initTimeout, short, isFine: false),
        Change("initTimeout", \.initTimeout, .seconds(900), isFine: true),
        Change("initTimeout", \.initTimeout, long, isFine: false),
        Change("shutdownTimeout", \.shutdownTimeout, .zero, isFine: true),
        Change("shutdownTimeout", \.shutdownTimeout, .nanoseconds(-1), isFine: false),
        Change("shutdownTimeout", \.shutdownTimeout, .seconds(900), isFine: true),
        Change("shutdownTimeout", \.shutdownTimeout, long, isFine: false),
        Change("idleTimeout", \.idleTimeout, nil, isFine: true),
        Change("idleTimeout", \.idleTimeout, .zero, isFine: true),
        Change("idleTimeout", \.idleTimeout, .nanoseconds(-1), isFine: false),
        Change("idleTimeout", \.idleTimeout, .seconds(Int64.max) * 10, isFine: true),
        Change("saturation", \.saturation, .reject, isFine: true),
        Change("saturation", \.saturation, .wait(atMost: .zero), isFine: true),
        Change("saturation", \.saturation, .wait(atMost: .nanoseconds(-1)), isFine: false),
        Change("saturation", \.saturation, .wait(atMost: .seconds(900)), isFine: true),
        Change("saturation", \.saturation, .wait(atMost: long), isFine: false),
    ]

    static let limits: [Change] = [
        Change("reservedConcurrency", \.reservedConcurrency, 0, isFine: true),
        Change("reservedConcurrency", \.reservedConcurrency, -1, isFine: false),
        Change("reservedConcurrency", \.reservedConcurrency, .min, isFine: false),
        Change("provisionedConcurrency", \.provisionedConcurrency, 0, isFine: true),
        Change("provisionedConcurrency", \.provisionedConcurrency, 7, isFine: true),
        Change("provisionedConcurrency", \.provisionedConcurrency, -1, isFine: false),
        Change("memorySize", \.memorySize, 127, isFine: false), Change("memorySize", \.memorySize, 128, isFine: true),
        Change("memorySize", \.memorySize, 10_240, isFine: true),
        Change("memorySize", \.memorySize, 10_241, isFine: false),
        Change("summary", \.summary, String(repeating: "é", count: 256), isFine: true),
        Change("summary", \.summary, String(repeating: "e", count: 257), isFine: false),
    ]

    @Test("A value on its bound is fine, one beyond is refused by the setting's name", arguments: durations + limits)
    func bound(_ change: Change) throws {
        var configuration = FunctionConfiguration()
        change.apply(&configuration)
        if change.isFine {
            #expect(configuration.fault == nil)
        } else {
            #expect(try #require(configuration.fault).hasPrefix(change.setting))
        }
    }

    @Test("The defaults are fine")
    func defaults() {
        #expect(FunctionConfiguration().fault == nil)
        #expect(FunctionConfiguration(timeout: nil).fault == nil)
        #expect(FunctionConfiguration(timeout: .seconds(1)).timeout == .seconds(1))
    }

    @Test("Environments made ahead are at most as many as are reserved", arguments: [(2, 2, true), (2, 3, false)])
    func provisioned(reserved: Int, provisioned: Int, isFine: Bool) {
        var configuration = FunctionConfiguration(timeout: nil, reservedConcurrency: reserved)
        configuration.provisionedConcurrency = provisioned
        let fault = "provisionedConcurrency is 3; it must not be over reservedConcurrency, 2"
        #expect(configuration.fault == (isFine ? nil : fault))
    }
}
