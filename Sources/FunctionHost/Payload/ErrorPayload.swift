// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A handler's error as Lambda puts it on the wire: `{"errorType":…,"errorMessage":…}`.
///
/// Source: AWS Lambda Developer Guide, *Understanding Lambda function errors*; the keys and the type names of timeouts and
/// oversized responses as recorded from the service.
package struct ErrorPayload: Sendable {
    package let type: String
    package let message: String

    package init(type: String, message: String) {
        self.type = type
        self.message = message
    }

    /// A handler's error: the name of its type, and its own description.
    package init(_ error: any Error) {
        self.init(type: String(describing: Swift.type(of: error)), message: String(describing: error))
    }

    /// The JSON text, written here so that an error can be told even where no coder works.
    package var json: [UInt8] {
        Array("{\"errorType\":\(Self.quoted(type)),\"errorMessage\":\(Self.quoted(message))}".utf8)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
