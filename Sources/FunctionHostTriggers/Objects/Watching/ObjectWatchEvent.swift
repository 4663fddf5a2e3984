// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What the watch of an object store tells the host's observers, by ``/FunctionHost/HostEvent/service(_:)``.
public struct ObjectWatchEvent: ServiceEvent {
    /// What happened; more may come.
    public enum Kind: Sendable, Hashable {
        /// An event was handed over: what happened to which object, as S3 names it, and by which notification.
        case handedOver(eventName: String, key: String, notification: String)
        /// An event could not be handed over. Where that may pass it is tried again at once, or else after the next scan.
        case notHandedOver(eventName: String, key: String, reason: String)
        /// A scan has ended: how many watched objects there are, how many things that are no objects, and how many directories
        /// that could not be read.
        case scanned(objects: Int, strange: Int, failures: Int)
        /// The system told of more changes than could be kept; everything is scanned.
        case missedChanges
        /// Something could not be looked at; it is tried again with the next scan.
        case lookFailed(reason: String)
        /// What was announced could not be read or kept; it is tried again.
        case memoryFailed(reason: String)
    }

    /// The watch's name.
    public let serviceName: String
    /// What happened.
    public let kind: Kind

    /// The name and what happened, in a line.
    public var description: String {
        switch kind {
        case .handedOver(let event, let key, let notification):
            "\(serviceName): \(event) of \(JSONText.quoted(key)) by \(notification)"
        case .notHandedOver(let event, let key, let reason):
            "\(serviceName): not handed over: \(event) of \(JSONText.quoted(key)): \(reason)"
        case .scanned(let objects, let strange, let failures):
            "\(serviceName): \(objects) objects, \(strange) other things, \(failures) directories not read"
        case .missedChanges: "\(serviceName): more changed than the system told of"
        case .lookFailed(let reason): "\(serviceName): not looked at: \(reason)"
        case .memoryFailed(let reason): "\(serviceName): what was announced was not read or kept: \(reason)"
        }
    }
}
