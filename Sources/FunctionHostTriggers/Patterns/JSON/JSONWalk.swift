// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a walk over JSON tells of what it passes, in the order of the text.
///
/// Texts are places in the walk's bytes: numbers keep every digit, a key that comes twice is told twice.
protocol JSONVisitor {
    mutating func objectBegan(at offset: Int)
    mutating func objectEnded(at end: Int)
    mutating func listBegan(at offset: Int)
    mutating func listEnded(at end: Int)
    /// A key of the object that began last and has not ended.
    mutating func passed(key: JSONString)
    mutating func passed(string: JSONString)
    mutating func passed(number: Range<Int>)
    mutating func passed(word: JSONWord, at offset: Int)
}

/// Where a string's text is, without its quotes, and whether it must be decoded.
struct JSONString: Hashable, Sendable {
    var start: Int
    var end: Int
    var hasEscapes: Bool
}

/// The values of JSON that are words.
enum JSONWord: UInt8, Hashable, Sendable {
    case null, yes, no
}

/// One pass over JSON (RFC 8259) in UTF-8 that checks all of it and tells a visitor what is there.
///
/// It does not call itself for each level, and takes the same little memory for every text. Half of a surrogate pair as an escape
/// is let through, since its text can be told from every other text.
struct JSONWalk {
    private enum Next { case value, firstElement, firstKey, key, afterValue }

    private var scan: JSONScan
    private let maximumDepth: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
        scan = JSONScan(bytes)
        self.maximumDepth = maximumDepth
    }

    /// Passes one value and the white space around it.
    ///
    /// - Throws: Nothing: what is wrong is returned, nil if nothing is. The visitor has seen what is before the fault.
    @inline(__always)
    mutating func run(_ visitor: inout some JSONVisitor) -> JSONFault? {
        let words = (maximumDepth + 64) / 64
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: words) { kinds -> JSONFault? in
            kinds.initialize(repeating: 0)
            var levels = JSONLevels(kinds: kinds, maximumDepth: maximumDepth)
            return passAll(&visitor, &levels)
        }
    }

    @inline(__always)
    private mutating func passAll(_ visitor: inout some JSONVisitor, _ levels: inout JSONLevels) -> JSONFault? {
        var next = Next.value
        while true {
            scan.passSpace()
            guard scan.place < scan.count else {
                return next == .afterValue && levels.depth == 0 ? nil : JSONFault(.end, at: scan.place)
            }
            let fault: JSONFault?
            switch next {
            case .value: fault = passValue(&visitor, &levels, &next)
            case .firstElement:
                if scan.byte == UInt8(ascii: "]") {
                    next = end(&visitor, &levels)
                    continue
                }
                fault = passValue(&visitor, &levels, &next)
            case .firstKey:
                if scan.byte == UInt8(ascii: "}") {
                    next = end(&visitor, &levels)
                    continue
                }
                fault = passKey(&visitor, &next)
            case .key: fault = passKey(&visitor, &next)
            case .afterValue: fault = passSeparator(&visitor, &levels, &next)
            }
            if let fault { return fault }
        }
    }

    @inline(__always)
    private mutating func passSeparator(
        _ visitor: inout some JSONVisitor, _ levels: inout JSONLevels, _ next: inout Next
    ) -> JSONFault? {
        guard levels.depth > 0 else { return JSONFault(.trailing, at: scan.place) }
        let isObject = levels.isObject
        switch scan.byte {
        case UInt8(ascii: ","):
            scan.place += 1
            next = isObject ? .key : .value
        case UInt8(ascii: "}") where isObject: next = end(&visitor, &levels)
        case UInt8(ascii: "]") where !isObject: next = end(&visitor, &levels)
        default: return JSONFault(.commaOrEnd, at: scan.place)
        }
        return nil
    }

    /// Ends the innermost object or list; what comes is after a value.
    @inline(__always)
    private mutating func end(_ visitor: inout some JSONVisitor, _ levels: inout JSONLevels) -> Next {
        scan.place += 1
        if levels.isObject { visitor.objectEnded(at: scan.place) } else { visitor.listEnded(at: scan.place) }
        levels.depth -= 1
        return .afterValue
    }

    @inline(__always)
    private mutating func passKey(_ visitor: inout some JSONVisitor, _ next: inout Next) -> JSONFault? {
        guard scan.byte == UInt8(ascii: "\"") else { return JSONFault(.key, at: scan.place) }
        var key = JSONString(start: 0, end: 0, hasEscapes: false)
        if let fault = scan.passString(&key) { return fault }
        scan.passSpace()
        guard scan.place < scan.count else { return JSONFault(.end, at: scan.place) }
        guard scan.byte == UInt8(ascii: ":") else { return JSONFault(.colon, at: scan.place) }
        scan.place += 1
        visitor.passed(key: key)
        next = .value
        return nil
    }

    @inline(__always)
    private mutating func passValue(
        _ visitor: inout some JSONVisitor, _ levels: inout JSONLevels, _ next: inout Next
    ) -> JSONFault? {
        let start = scan.place
        next = .afterValue
        switch scan.byte {
        case UInt8(ascii: "\""):
            var string = JSONString(start: 0, end: 0, hasEscapes: false)
            if let fault = scan.passString(&string) { return fault }
            visitor.passed(string: string)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let isObject = scan.byte == UInt8(ascii: "{")
            guard levels.enter(isObject: isObject) else { return JSONFault(deeperThan: maximumDepth, at: start) }
            scan.place += 1
            if isObject { visitor.objectBegan(at: start) } else { visitor.listBegan(at: start) }
            next = isObject ? .firstKey : .firstElement
        case UInt8(ascii: "t"):
            guard scan.pass("true") else { return JSONFault(.value, at: start) }
            visitor.passed(word: .yes, at: start)
        case UInt8(ascii: "f"):
            guard scan.pass("false") else { return JSONFault(.value, at: start) }
            visitor.passed(word: .no, at: start)
        case UInt8(ascii: "n"):
            guard scan.pass("null") else { return JSONFault(.value, at: start) }
            visitor.passed(word: .null, at: start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard scan.passNumber() else { return JSONFault(.number, at: scan.place) }
            visitor.passed(number: start..<scan.place)
        default: return JSONFault(.value, at: start)
        }
        return nil
    }
}

/// Which of the open levels are objects, a bit each.
private struct JSONLevels {
    let kinds: UnsafeMutableBufferPointer<UInt64>
    let maximumDepth: Int
    var depth = 0

    init(kinds: UnsafeMutableBufferPointer<UInt64>, maximumDepth: Int) {
        self.kinds = kinds
        self.maximumDepth = maximumDepth
    }

    /// Whether the innermost open level is an object; there must be one.
    var isObject: Bool {
        @inline(__always) get { kinds[(depth - 1) >> 6] & (1 << UInt64((depth - 1) & 63)) != 0 }
    }

    /// False if that would be too deep.
    @inline(__always)
    mutating func enter(isObject: Bool) -> Bool {
        guard depth < maximumDepth else { return false }
        let bit: UInt64 = 1 << UInt64(depth & 63)
        if isObject { kinds[depth >> 6] |= bit } else { kinds[depth >> 6] &= ~bit }
        depth += 1
        return true
    }
}
