// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A reference to a function: its name with the types it takes and gives.
///
/// Registering returns one. It can be written as a literal too, so that both ends of a program share one line:
///
/// ```swift
/// extension Function where Input == Order, Output == Receipt {
///     static var checkout: Self { "checkout" }
/// }
/// ```
///
/// A literal's name is checked where the function is registered or invoked: a bad one is an error there, never a trap.
public struct Function<Input: Sendable, Output: Sendable>: Sendable {
    /// The function's name.
    public let name: String
    /// Which version is meant; ``Qualifier/latest`` unless said otherwise.
    public let qualifier: Qualifier
    /// What `register` returned remembers where it came from, which saves looking the name up.
    @usableFromInline package let registration: Registered?

    /// Refers to a function by name.
    public init(_ name: String, qualifier: Qualifier = .latest) {
        self.init(name: name, qualifier: qualifier, registration: nil)
    }

    package init(name: String, qualifier: Qualifier = .latest, registration: Registered?) {
        self.name = name
        self.qualifier = qualifier
        self.registration = registration
    }

    /// The same function by version or alias.
    public func qualified(by qualifier: Qualifier) -> Self {
        Self(name: name, qualifier: qualifier, registration: nil)
    }
}

/// A reference to a function that answers with a stream of chunks.
public struct StreamingFunction<Input: Sendable, Chunk: Sendable>: Sendable {
    /// The function's name.
    public let name: String
    /// Which version is meant; ``Qualifier/latest`` unless said otherwise.
    public let qualifier: Qualifier
    package let registration: Registered?

    /// Refers to a function by name.
    public init(_ name: String, qualifier: Qualifier = .latest) {
        self.init(name: name, qualifier: qualifier, registration: nil)
    }

    package init(name: String, qualifier: Qualifier = .latest, registration: Registered?) {
        self.name = name
        self.qualifier = qualifier
        self.registration = registration
    }

    /// The same function by version or alias.
    public func qualified(by qualifier: Qualifier) -> Self {
        Self(name: name, qualifier: qualifier, registration: nil)
    }
}

/// What a reference remembers of the registration it came from.
@usableFromInline
package class Registered: @unchecked Sendable {
    // `@unchecked Sendable`: a class that can be inherited from cannot be checked; it holds a `let` and an atomic. A class
    // and no protocol, because both are asked for by every invocation.

    /// The host it was made by; another host looks the function up by name.
    @usableFromInline package final let hostID: ObjectIdentifier
    private final let isRemoved = Atomic(false)

    package init(hostID: ObjectIdentifier) { self.hostID = hostID }

    /// Whether it is still registered; if not, another may have taken the name.
    @usableFromInline package final var isLive: Bool { !isRemoved.load(ordering: .relaxed) }

    final func remove() { isRemoved.store(true, ordering: .relaxed) }
}

extension Function: ExpressibleByStringLiteral, Hashable {
    /// Refers to a function by a name written in the program.
    public init(stringLiteral name: String) { self.init(name) }

    /// Whether name and qualifier are the same.
    public static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.qualifier == right.qualifier
    }

    /// Hashes name and qualifier.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(qualifier)
    }
}

extension StreamingFunction: ExpressibleByStringLiteral, Hashable {
    /// Refers to a function by a name written in the program.
    public init(stringLiteral name: String) { self.init(name) }

    /// Whether name and qualifier are the same.
    public static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.qualifier == right.qualifier
    }

    /// Hashes name and qualifier.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(qualifier)
    }
}
