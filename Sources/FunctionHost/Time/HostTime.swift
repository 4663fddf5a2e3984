// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A host's clock, behind one reference: asking the machine's own clock takes no detour through the protocol.
final class HostTime: Sendable {
    let clock: any HostClock
    private let isSystem: Bool

    init(_ clock: any HostClock) {
        self.clock = clock
        isSystem = clock is SystemClock
    }

    var now: Timestamp { isSystem ? SystemClock().now : clock.now }
}
