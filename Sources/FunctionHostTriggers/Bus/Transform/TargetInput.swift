// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a rule's target is given of an event.
///
/// - Source: Amazon EventBridge API Reference, *Target*: one of `Input`, `InputPath` and `InputTransformer`, or none of them.
public struct TargetInput: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case event
        case constant(String)
        case path(String)
        case template(String, paths: [String: String])
    }

    let kind: Kind

    /// All of it.
    public static let event = Self(kind: .event)

    /// Always the same, whatever the event: JSON text.
    public static func constant(_ json: String) -> Self { Self(kind: .constant(json)) }

    /// What is at a path in it, as JSON: `$.detail.items[0]`. Where nothing is, the event goes to the dead letters.
    public static func path(_ path: String) -> Self { Self(kind: .path(path)) }

    /// A text with places such as `<name>` that are filled from it.
    ///
    /// A template whose first character that is not blank is `{` is JSON, and so is what comes of it: what is not goes to the dead
    /// letters. Beside the names in `paths` there are `aws.events.rule-arn`, `aws.events.rule-name`,
    /// `aws.events.event.ingestion-time`, and as a whole JSON value `aws.events.event.json` and, without its detail,
    /// `aws.events.event`.
    ///
    /// - Parameters:
    ///   - template: At most 8,192 characters.
    ///   - paths: Paths such as `$.detail.id`, by the names of their places: at most 100.
    public static func template(_ template: String, paths: [String: String] = [:]) -> Self {
        Self(kind: .template(template, paths: paths))
    }
}

/// An input, ready to be made of events.
enum CompiledInput: Sendable {
    case event
    case constant([UInt8])
    case path(JSONPath)
    case template(InputTemplate)

    /// - Parameter id: The target's, for the reasons.
    init(_ input: TargetInput, of id: String) throws(TargetInputError) {
        switch input.kind {
        case .event: self = .event
        case .constant(let json):
            let bytes = Array(json.utf8)
            do {
                _ = try JSONTape(bytes, maximumDepth: EventPattern.maximumEventDepth)
            } catch {
                throw TargetInputError(
                    reason: "Input for target \(id) is not JSON: \(error.sentence) at byte \(error.offset)")
            }
            self = .constant(bytes)
        case .path(let path): self = .path(try Self.compiled(path, "InputPath for target \(id)"))
        case .template(let template, let paths):
            var compiled: [String: JSONPath] = [:]
            for (name, path) in paths.sorted(by: { $0.key < $1.key }) {
                compiled[name] = try Self.compiled(path, "InputPathsMap for target \(id): the path of \(name)")
            }
            self = .template(try InputTemplate(template, paths: compiled, of: id))
        }
    }

    private static func compiled(_ path: String, _ what: String) throws(TargetInputError) -> JSONPath {
        do {
            return try JSONPath(path)
        } catch {
            throw TargetInputError(reason: "\(what) is no path: \(error.reason) at byte \(error.offset) of \(path)")
        }
    }

    /// What a target is given.
    func made(of event: borrowing InputEvent) throws(TargetInputError) -> [UInt8] {
        switch self {
        case .event: return event.json
        case .constant(let bytes): return bytes
        case .path(let path):
            guard let tape = event.tape, let index = path.find(in: tape) else {
                throw TargetInputError(reason: "there is nothing at the input path in the event")
            }
            return Array(tape.text(of: index))
        case .template(let template): return try template.filled(from: event)
        }
    }
}
