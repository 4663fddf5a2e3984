// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Room in an attempt for the result of its handler: in place if it is small, so that most need no memory of their own.
///
/// Its owner sees to three things. Nobody uses it while somebody else does: a handler's task puts the result there before it
/// ends, and the task that waits for that end takes it afterwards. The type is the same both times. And whatever is put
/// there is taken out, or it leaks.
@usableFromInline
package struct ResultSlot {
    /// Four words: a string, an array, a date, a few numbers; larger results lie behind the first of them.
    @usableFromInline typealias Words = (UInt, UInt, UInt, UInt)

    @usableFromInline var words: Words = (0, 0, 0, 0)
    @usableFromInline var isFilled = false

    init() {}

    @inlinable
    static func fits<Value>(_ type: Value.Type) -> Bool {
        MemoryLayout<Value>.size <= MemoryLayout<Words>.size
            && MemoryLayout<Value>.alignment <= MemoryLayout<Words>.alignment
    }

    /// Puts a result there, where none is.
    @inlinable
    mutating func put<Value>(_ value: Value) {
        isFilled = true
        if Self.fits(Value.self) {
            withUnsafeMutableBytes(of: &words) { bytes in
                bytes.baseAddress!.bindMemory(to: Value.self, capacity: 1).initialize(to: value)
            }
        } else {
            let memory = UnsafeMutablePointer<Value>.allocate(capacity: 1)
            memory.initialize(to: value)
            words.0 = UInt(bitPattern: memory)
        }
    }

    /// Takes the result out; nil if there is none.
    @inlinable
    mutating func take<Value>(_ type: Value.Type) -> Value? {
        guard isFilled else { return nil }
        isFilled = false
        if Self.fits(Value.self) {
            return withUnsafeMutableBytes(of: &words) { bytes in
                bytes.baseAddress!.assumingMemoryBound(to: Value.self).move()
            }
        }
        guard let memory = UnsafeMutablePointer<Value>(bitPattern: words.0) else { return nil }
        defer { memory.deallocate() }
        return memory.move()
    }
}
