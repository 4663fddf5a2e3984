// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Who a function is, for as long as it is registered: what events, contexts and metrics share by reference.
package final class FunctionIdentity: Sendable {
    package let name: String
    package let version: Qualifier

    package init(name: String, version: Qualifier = .latest) {
        self.name = name
        self.version = version
    }
}
