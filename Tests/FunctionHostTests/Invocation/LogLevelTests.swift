// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct LogLevelTests {
    @Test("Levels are ordered as in swift-log", arguments: zip(LogLevel.allCases, LogLevel.allCases.dropFirst()))
    func order(lower: LogLevel, higher: LogLevel) {
        #expect(lower < higher)
        #expect(!(higher < lower))
    }

    @Test("The most and the least are what they are called")
    func ends() {
        #expect(LogLevel.allCases.min() == .trace)
        #expect(LogLevel.allCases.max() == .critical)
        #expect(LogLevel.allCases.sorted() == LogLevel.allCases)
    }
}
