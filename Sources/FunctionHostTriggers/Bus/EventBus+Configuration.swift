// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension EventBus {
    /// The limits of a bus, and where it says it is.
    public struct Configuration: Sendable {
        /// How many bytes the entries of one call may have, as ``EventEntry/size`` counts them.
        ///
        /// Defaults to 256 KiB. At least 1.
        public var entrySizeLimit = 256 << 10

        /// How many rules it may have.
        ///
        /// Defaults to 300. At least 1.
        public var ruleLimit = 300

        /// How many targets a rule may have.
        ///
        /// Defaults to 5. At least 1.
        public var targetLimit = 5

        /// Whether events may be put whose source begins with `aws.`, as those of services do.
        ///
        /// Defaults to false.
        public var allowsServiceSources = false

        /// The region that events and names tell. Defaults to `local`.
        public var region = FunctionARN.defaultRegion

        /// The account that events and names tell. Defaults to twelve zeros.
        public var account = FunctionARN.defaultAccount

        /// The defaults.
        public init() {}

        var fault: String? {
            entrySizeLimit < 1 || ruleLimit < 1 || targetLimit < 1 ? "a limit is less than 1" : nil
        }
    }
}
