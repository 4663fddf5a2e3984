// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Carries encoded results from a handler's task to its caller's.
package final class ByteBox: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    package init() {}

    package func put(_ new: [UInt8]) { bytes.withLock { $0 = new } }

    package func take() -> [UInt8] { bytes.withLock { $0 } }

    /// Appends to the bytes there are, with a separator after the first piece; returns how many there are then.
    package func append(_ piece: [UInt8], separator: UInt8) -> Int {
        bytes.withLock { bytes in
            if bytes.count > 1 { bytes.append(separator) }
            bytes.append(contentsOf: piece)
            return bytes.count
        }
    }
}
