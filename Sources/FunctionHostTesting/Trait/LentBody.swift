// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A test's body, on loan to tasks that may never end.
///
/// Swift Testing lends the body for as long as the trait works with it, and `withoutActuallyEscaping` stops the process if
/// anybody holds it afterwards. The tasks of a deadlocked simulation do, for ever: nothing runs them again, so they neither
/// call the body nor let it go. In their place this gives back what they hold.
struct LentBody {
    typealias Body = @Sendable @concurrent () async throws -> Void

    /// A function in a struct keeps the form it has: its code, and the object that holds what it captures.
    private struct Box {
        let body: Body
    }

    private let captures: Unmanaged<AnyObject>?
    private let holders: UInt

    /// Remembers how often the body is held before anybody is lent it.
    ///
    /// No initializer: that would hold its argument itself.
    @inline(never)
    static func lend(_ body: @escaping Body) -> Self {
        let captures = captures(of: body)
        return Self(captures: captures, holders: holders(of: captures))
    }

    /// Gives back what tasks hold that will never run again.
    @inline(never)
    func abandon() {
        for _ in holders..<max(holders, Self.holders(of: captures)) { captures?.release() }
    }

    @inline(never)
    private static func captures(of body: @escaping Body) -> Unmanaged<AnyObject>? {
        let words = unsafeBitCast(Box(body: body), to: (code: UInt, captures: UInt).self)
        return UnsafeRawPointer(bitPattern: words.captures).map { Unmanaged.fromOpaque($0) }
    }

    private static func holders(of object: Unmanaged<AnyObject>?) -> UInt {
        object.map { object in object._withUnsafeGuaranteedRef { _getRetainCount($0) } } ?? 0
    }
}
