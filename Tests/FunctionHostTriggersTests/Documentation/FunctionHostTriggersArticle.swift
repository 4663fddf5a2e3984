// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

/// The code of the module's first page.
@Suite struct FunctionHostTriggersArticle {
    @Test func pattern() throws {
        let pattern = try EventPattern(#"{"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}"#)
        let isLarge = try pattern.matches(Array(#"{"source": "shop", "detail": {"total": 120}}"#.utf8))
        #expect(isLarge)
    }
}
