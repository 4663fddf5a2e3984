// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@testable import FunctionHostTriggers

@Suite struct TableNumberTests {
    @Test(
        "A number has one normal form",
        arguments: [
            ("0", "0"), ("-0", "0"), ("0.000", "0"), ("0e99999", "0"), ("12.50", "12.5"), ("0012", "12"), ("+7", "7"),
            ("-7.0", "-7"), (".5", "0.5"), ("5.", "5"), ("1e3", "1000"), ("1E+3", "1000"), ("1.5e-3", "0.0015"),
            ("100", "100"), ("1200e-2", "12"), ("-0.001", "-0.001"), ("000.10e1", "1"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
            (
                "0.000000000000000000000000000000000000000000000000012",
                "0.000000000000000000000000000000000000000000000000012"
            ),
        ])
    func form(text: String, normal: String) throws {
        let number = try TableNumber(text)
        #expect(number.description == normal)
        #expect(try TableNumber(normal) == number)
        #expect(try TableNumber(normal).hashValue == number.hashValue)
    }

    @Test("The range ends where it ends, on both sides of zero", arguments: ["", "-"])
    func range(sign: String) throws {
        let nines = String(repeating: "9", count: 38)
        for text in ["1e125", "9.9e125", "\(nines)e88", "1e-130", "0.1e-129", "\(nines)e-130", "9.9e-130"] {
            #expect(throws: Never.self, "\(text)") { try TableNumber(sign + text) }
        }
        for text in [
            "1e126", "\(nines)e89", "10e125", "1e-131", "0.1e-130", "1e999999999999999999999", "1e-9999999999999999",
        ] {
            #expect(throws: TableError.self, "\(text)") { try TableNumber(sign + text) }
        }
        #expect(try TableNumber("1e125").description.count == 126)
        #expect(try TableNumber("1e-130").description.count == 132)
    }

    @Test("38 digits are enough, 39 too many; zeros at the ends are none")
    func digits() throws {
        let digits = String(repeating: "1", count: 38)
        for text in [
            digits, "000" + digits, digits + "000", "0.000" + digits, digits + ".000", "1." + digits.dropFirst(),
        ] {
            #expect(throws: Never.self, "\(text)") { try TableNumber(text) }
        }
        for text in [digits + "1", "1" + digits, "1." + digits, "1" + String(repeating: "0", count: 37) + "1"] {
            #expect(throws: TableError.self, "\(text)") { try TableNumber(text) }
        }
    }

    @Test(
        "What is no number is refused",
        arguments: [
            "", "-", "+", ".", "-.", "e5", "1e", "1e+", "1e1.5", "1.2.3", "--1", "1-", "0x10", "1 ", " 1", "NaN",
            "Infinity",
            "1_000", "1,5", "١", ".e1",
        ])
    func malformed(text: String) {
        #expect(throws: TableError.self) { try TableNumber(text) }
    }

    @Test("Numbers are ordered by what they are worth")
    func order() throws {
        let texts = [
            "-9e125", "-1e38", "-1000", "-13", "-12.5", "-12", "-1.1", "-1", "-0.5", "-1e-130", "0", "1e-130", "0.099", "0.1",
            "0.11", "1", "1.00000000000000000000000000000000000001".dropLast().description, "9", "10", "12.5", "13", "99", "100",
            "1e38",
            "9e125",
        ]
        let numbers = try texts.map { try TableNumber($0) }
        for (place, number) in numbers.enumerated() {
            for (other, second) in numbers.enumerated() where texts[place] != texts[other] && number != second {
                #expect((number < second) == (place < other), "\(number) and \(second)")
            }
        }
    }

    @Test(
        "Sums and differences are exact, or refused",
        arguments: [
            ("0.1", "0.2", "0.3", "-0.1"),
            ("1e37", "1", "10000000000000000000000000000000000001", "9999999999999999999999999999999999999"),
            ("-5", "5", "0", "-10"), ("0", "7", "7", "-7"), ("7", "0", "7", "7"), ("12.5", "-0.5", "12", "13"),
            ("1e38", "1", "-", "99999999999999999999999999999999999999"), ("1e125", "1e-130", "-", "-"),
            (
                "99999999999999999999999999999999999999", "1", "100000000000000000000000000000000000000",
                "99999999999999999999999999999999999998"
            ),
            ("9e125", "9e125", "-", "0"), ("1e38", "1e38", "200000000000000000000000000000000000000", "0"),
            ("99999999999999999999999999999999999999", "0.1", "-", "-"),
        ])
    func arithmetic(left: String, right: String, sum: String, difference: String) throws {
        let (first, second) = (try TableNumber(left), try TableNumber(right))
        #expect((try? first.adding(second).description) ?? "-" == sum)
        #expect((try? second.adding(first).description) ?? "-" == sum)
        #expect((try? first.subtracting(second).description) ?? "-" == difference)
    }

    @Test("Random numbers agree with arithmetic of integers", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let (a, b) = (
                Int.random(in: -999_999...999_999, using: &random), Int.random(in: -999_999...999_999, using: &random)
            )
            let scale = Int.random(in: -100...100, using: &random)
            let (x, y) = (try TableNumber("\(a)e\(scale)"), try TableNumber("\(b)e\(scale)"))
            #expect((x < y) == (a < b), "seed \(seed): \(a), \(b)")
            #expect(try x.adding(y) == TableNumber("\(a + b)e\(scale)"), "seed \(seed): \(a) + \(b)")
            #expect(try x.subtracting(y) == TableNumber("\(a - b)e\(scale)"), "seed \(seed): \(a) - \(b)")
        }
    }
}
