// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A path and what a leaf at it must be: rules that ask for the same share it.
struct PathCondition: Hashable {
    let path: Int32
    let entries: [PatternEntry]
}
