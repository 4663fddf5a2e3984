// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Names of streams and queues.
enum ResourceName {
    /// Whether a name has one character or more, all of them letters or digits of ASCII or among `others`.
    static func isValid(_ name: String, atMost limit: Int, _ others: String) -> Bool {
        (1...limit).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9": true
                default: others.unicodeScalars.contains(scalar)
                }
            }
    }
}
