// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct UnixCronTests {
    @Test(
        "Five fields read as Vixie's cron reads them",
        arguments: [
            ("0 6 * * *", ["2025-05-02T06:00:00Z", "2025-05-03T06:00:00Z"]),
            ("*/15 6 * * *", ["2025-05-02T06:00:00Z", "2025-05-02T06:15:00Z", "2025-05-02T06:30:00Z"]),
            ("5/20 6 * * *", ["2025-05-02T06:05:00Z", "2025-05-02T06:25:00Z", "2025-05-02T06:45:00Z"]),
            ("10-14/2 6 * * *", ["2025-05-02T06:10:00Z", "2025-05-02T06:12:00Z", "2025-05-02T06:14:00Z"]),
            // Either day is enough if both are restricted: every 13th and every Friday.
            (
                "0 0 13 * 5",
                ["2025-05-02T00:00:00Z", "2025-05-09T00:00:00Z", "2025-05-13T00:00:00Z", "2025-05-16T00:00:00Z"]
            ),
            // What begins with * is not restricted, and then both must hold.
            ("0 0 */10 * 5", ["2025-07-11T00:00:00Z", "2025-08-01T00:00:00Z"]),
            ("0 0 2 * */2", ["2025-08-02T00:00:00Z", "2025-09-02T00:00:00Z"]),
            ("0 0 * * 5", ["2025-05-02T00:00:00Z", "2025-05-09T00:00:00Z"]),
            ("0 0 13 * *", ["2025-05-13T00:00:00Z", "2025-06-13T00:00:00Z"]),
            // Sunday is 0, and 7 too.
            ("0 0 * * 0", ["2025-05-04T00:00:00Z", "2025-05-11T00:00:00Z"]),
            ("0 0 * * 7", ["2025-05-04T00:00:00Z", "2025-05-11T00:00:00Z"]),
            (
                "0 0 * * 5-7",
                ["2025-05-02T00:00:00Z", "2025-05-03T00:00:00Z", "2025-05-04T00:00:00Z", "2025-05-09T00:00:00Z"]
            ),
            ("0 0 * * 1-5", ["2025-05-02T00:00:00Z", "2025-05-05T00:00:00Z"]),
            ("0 0 * * mon,Wed-THU", ["2025-05-05T00:00:00Z", "2025-05-07T00:00:00Z", "2025-05-08T00:00:00Z"]),
            ("0 0 1 feb,dec *", ["2025-12-01T00:00:00Z", "2026-02-01T00:00:00Z"]),
            ("  0\t0   1 1 *  ", ["2026-01-01T00:00:00Z"]),
            ("@yearly", ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
            ("@annually", ["2026-01-01T00:00:00Z"]),
            ("@monthly", ["2025-06-01T00:00:00Z", "2025-07-01T00:00:00Z"]),
            ("@weekly", ["2025-05-04T00:00:00Z", "2025-05-11T00:00:00Z"]),
            ("@daily", ["2025-05-02T00:00:00Z", "2025-05-03T00:00:00Z"]),
            ("@midnight", ["2025-05-02T00:00:00Z", "2025-05-03T00:00:00Z"]),
            ("@hourly", ["2025-05-01T13:00:00Z", "2025-05-01T14:00:00Z"]),
        ])
    func fires(expression: String, expected: [String]) throws {
        #expect(try firings(expression, .unix, after: "2025-05-01T12:00:00Z", count: expected.count) == expected)
    }

    @Test("A skipped time does not fire, one that comes twice fires once: as in the other dialect, unlike Vixie's")
    func changes() throws {
        #expect(
            try firings("30 2 * * *", .unix, zone: "America/New_York", after: "2025-03-08T12:00:00Z", count: 1)
                == ["2025-03-10T06:30:00Z"])
        #expect(
            try firings("30 1 * * *", .unix, zone: "America/New_York", after: "2025-11-02T00:00:00Z", count: 2)
                == ["2025-11-02T05:30:00Z", "2025-11-03T06:30:00Z"])
    }

    @Test(
        "What is no five-field expression is refused",
        arguments: [
            "", " ", "* * * *", "* * * * * *", "0 6 * * ? *", "0 6 ? * *", "0 6 L * *", "0 6 1W * *", "0 6 * * 5L",
            "0 6 * * 5#2", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *",
            "* * * * 8",
            "30-10 * * * *", "* 22-2 * * *", "* * * NOV-FEB *", "* * * * fri-mon", "* * * * FRI-SUN", "*/0 * * * *",
            "*/ * * * *", "/5 * * * *", "1,,2 * * * *", ",1 * * * *", "1, * * * *", "-1 * * * *", "1- * * * *",
            "1-2-3 * * * *",
            "+1 * * * *", "1.5 * * * *", "* * * januar *", "* * mon * *", "@reboot", "@daily now", "@", "@DAILY 1",
            "cron(0 6 * * ? *)", "rate(5 minutes)", "٣ * * * *",
        ])
    func invalid(expression: String) {
        #expect(throws: ScheduleExpressionError.self) { try ScheduleExpression(expression, dialect: .unix) }
    }
}
