// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What keeps a file from being opened.
enum StoreFault: Error {
    case sqlite(SQLiteFault)
    case readOnly
    case newerSchema(Int, known: Int)
}
