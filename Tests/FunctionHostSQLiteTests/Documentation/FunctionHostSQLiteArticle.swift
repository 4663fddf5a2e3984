// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

/// The code of the module's first page.
@Suite struct FunctionHostSQLiteArticle {
    @Test(.enabled(if: false, "compiled, not run: it is about a directory of somebody else's"))
    func path() throws {
        let store = try SQLiteStore(path: "/var/lib/shop/queue.db")
        #expect(store.path == "/var/lib/shop/queue.db")
    }
}
