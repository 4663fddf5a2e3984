// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A handler's error as Lambda puts it on the wire: `{"errorType":…,"errorMessage":…}`.
///
/// Source: AWS Lambda Developer Guide, *Understanding Lambda function errors*; the keys and the type names of timeouts and
/// oversized responses as recorded from the service.
public struct ErrorPayload: Sendable, Hashable {
    /// What kind of error it is.
    public let type: String
    /// What it says.
    public let message: String

    /// Says what there is to say.
    public init(type: String, message: String) {
        self.type = type
        self.message = message
    }

    /// Any error: a host's by code and reason, a handler's by the name of its type and its own description.
    ///
    /// Of a ``DoNotRetry`` the reason is told.
    public init(_ error: any Error) {
        if let inner = (error as? DoNotRetry)?.inner {
            self.init(inner)
        } else if let error = error as? FunctionHostError {
            self.init(type: "FunctionHost.\(error.code)", message: error.description)
        } else {
            self.init(type: String(describing: Swift.type(of: error)), message: String(describing: error))
        }
    }

    /// The JSON text, written here so that an error can be told even where no coder works.
    public var json: [UInt8] {
        Array("{\"errorType\":\(JSONText.quoted(type)),\"errorMessage\":\(JSONText.quoted(message))}".utf8)
    }
}
