// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension FunctionConfiguration {
    /// What is wrong with this configuration by itself; nil if nothing is.
    ///
    /// Source of ranges and names: AWS Lambda API Reference, *CreateFunction*.
    package var fault: String? {
        durationFault ?? limitFault ?? queueFault ?? variableFault
            ?? (summary.unicodeScalars.count > 256 ? "summary has more than 256 characters" : nil)
    }

    private static let longest: Duration = .seconds(900)

    private var durationFault: String? {
        for case (let name, let value?) in [("timeout", timeout), ("initTimeout", initTimeout)]
        where value < .milliseconds(1) || value > Self.longest {
            return "\(name) is \(value); it must be from 1 millisecond to 15 minutes"
        }
        if shutdownTimeout < .zero || shutdownTimeout > Self.longest {
            return "shutdownTimeout is \(shutdownTimeout); it must be from 0 to 15 minutes"
        }
        if let idleTimeout, idleTimeout < .zero { return "idleTimeout is \(idleTimeout); it must not be negative" }
        if let patience = saturation.patience, patience < .zero || patience > Self.longest {
            return "saturation waits \(patience); it must be from 0 to 15 minutes"
        }
        return nil
    }

    private var limitFault: String? {
        if let reservedConcurrency, reservedConcurrency < 0 {
            return "reservedConcurrency is \(reservedConcurrency); it must be 0 or more"
        }
        if provisionedConcurrency < 0 {
            return "provisionedConcurrency is \(provisionedConcurrency); it must be 0 or more"
        }
        if let reservedConcurrency, provisionedConcurrency > reservedConcurrency {
            return "provisionedConcurrency is \(provisionedConcurrency); "
                + "it must not be over reservedConcurrency, \(reservedConcurrency)"
        }
        if !(128...10_240).contains(memorySize) {
            return "memorySize is \(memorySize); it must be from 128 to 10,240 MiB"
        }
        return nil
    }

    private var queueFault: String? {
        if let fault = retry.fault { return "retry: \(fault)" }
        if maximumEventAge < .seconds(1) || maximumEventAge > .seconds(366 * 86_400) {
            return "maximumEventAge is \(maximumEventAge); it must be from 1 second to 366 days"
        }
        if maximumDeaths < 1 { return "maximumDeaths is \(maximumDeaths); it must be 1 or more" }
        if let recursionLimit, recursionLimit < 1 {
            return "recursionLimit is \(recursionLimit); it must be 1 or more, or nil for no limit"
        }
        return nil
    }

    private var variableFault: String? {
        // Lambda measures the JSON text of the map: braces, and `"name":"value"` with commas between.
        var size = 2 + max(0, variables.count - 1)
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            if let fault = Self.fault(inVariable: name) { return fault }
            size += name.utf8.count + value.utf8.count + 5
        }
        return size > 4_096 ? "variables measure \(size) bytes; at most 4,096 are allowed" : nil
    }

    private static func fault(inVariable name: String) -> String? {
        let isWord = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        let beginsWithLetter = name.utf8.first.map { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A } ?? false
        guard isWord, beginsWithLetter, name.utf8.count >= 2 else {
            return "a variable is named \(String(reflecting: name)); "
                + "names are two or more of a-z A-Z 0-9 _ and begin with a letter"
        }
        return reserved.contains(name) ? "the variable \(name) is reserved, as it is in Lambda" : nil
    }

    /// Names that Lambda keeps for itself. Those that begin with `_` are refused by the rule for names already.
    private static let reserved: Set<String> = [
        "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR", "AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN",
    ]
}
