// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FunctionHostTriggers

/// Which notifications go together, and which events they are for.
@Suite struct NotificationRulesTests {
    private func rule(_ id: String, _ prefix: String, _ suffix: String, _ events: [ObjectEventType] = [.created])
        -> ObjectNotification
    {
        ObjectNotification(id: id, events: events, prefix: prefix, suffix: suffix, target: .function("f"))
    }

    @Test(
        "Two overlap if a key could pass both",
        arguments: [
            ("", "", "", "", true), ("in/", "", "out/", "", false), ("in/", "", "in/a", "", true),
            ("in/", ".jpg", "in/", ".png", false), ("in/", ".jpg", "in/a", "g", true), ("", ".jpg", "in/", "", true),
            ("in/", ".jpg", "out/", ".jpg", false), ("a", "", "b", "", false), ("é", "", "e\u{301}", "", false),
        ])
    func overlap(prefix: String, suffix: String, otherPrefix: String, otherSuffix: String, overlaps: Bool) {
        let rules = [rule("1", prefix, suffix), rule("2", otherPrefix, otherSuffix)]
        for order in [rules, rules.reversed()] {
            if overlaps {
                let error = #expect(throws: ObjectError.self) { try NotificationRules(order) }
                #expect(error?.code == .invalidArgument)
            } else {
                #expect(throws: Never.self) { try NotificationRules(order) }
            }
        }
        // For other events they may.
        let apart = [rule("1", prefix, suffix, [.put]), rule("2", otherPrefix, otherSuffix, [.deleted])]
        #expect(throws: Never.self) { try NotificationRules(apart) }
    }

    @Test("A configuration that cannot be is refused")
    func refused() {
        let long = String(repeating: "x", count: 1_025)
        let many = (0..<101).map { rule("\($0)", "\($0)/", "") }
        for rules in [
            [], many, [rule("", "", "")], [rule("a", "x/", ""), rule("a", "y/", "")], [rule("a", "", "", [])],
            [rule("a", long, "")], [rule("a", "", "", [.created]), rule("b", "", "", [.put])],
        ] {
            let error = #expect(throws: ObjectError.self) { try NotificationRules(rules) }
            #expect(error?.code == .invalidArgument)
        }
        #expect(throws: Never.self) { try NotificationRules(Array(many.prefix(100))) }
    }

    @Test("Kinds of events are those of S3, and one that a directory never tells of is refused")
    func eventTypes() throws {
        #expect(try ObjectEventType("s3:ObjectCreated:*") == .created)
        #expect(try ObjectEventType("ObjectRemoved:Delete") == .deleted)
        for name in ["s3:ObjectTagging:Put", "s3:ObjectCreated:Copy", "", "s3:*", "objectcreated:*"] {
            #expect(throws: ObjectError.self) { try ObjectEventType(name) }
        }
    }

    @Test("A rule is for keys with its prefix and its suffix, and for its events")
    func matching() throws {
        let rules = try NotificationRules([
            rule("jpg", "in/", ".jpg"), rule("csv", "in/", ".csv", [.created, .removed]), rule("out", "out/", ""),
        ])
        func id(_ change: ObjectChange, _ key: String) throws -> String? {
            rules.rule(for: change, of: try ObjectPath(key: key))?.id
        }
        #expect(try id(.created, "in/a.jpg") == "jpg")
        #expect(try id(.created, "in/deep/a.csv") == "csv")
        #expect(try id(.removed, "in/a.csv") == "csv")
        #expect(try id(.removed, "in/a.jpg") == nil)
        #expect(try id(.created, "in/a.JPG") == nil)
        #expect(try id(.created, "in.jpg") == nil)
        #expect(rules.mayHold(try ObjectPath(key: "in")))
        #expect(rules.mayHold(try ObjectPath(key: "in/deep")))
        #expect(!rules.mayHold(try ObjectPath(key: "i")))
        #expect(!rules.mayHold(try ObjectPath(key: "other")))
    }
}
