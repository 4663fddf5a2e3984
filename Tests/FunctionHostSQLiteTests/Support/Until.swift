// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Testing

/// Lets others go on until something holds, and fails the test when that takes so long that it will never be: a loop without an
/// end would hold up every test, and nobody would know which one it was.
func until(
    patience: Duration = .seconds(1_200), location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now.advanced(by: patience)
    while try await !condition() {
        guard ContinuousClock.now < end else {
            Issue.record("what the test waits for has not come about in \(patience)", sourceLocation: location)
            throw CancellationError()
        }
        try Task.checkCancellation()
        await Task.yield()
    }
}
