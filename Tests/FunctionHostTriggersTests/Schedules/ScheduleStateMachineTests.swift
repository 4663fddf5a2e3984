// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct ScheduleStateMachineTests {
    private let zero = instant("2025-05-10T00:00:00Z")

    private func machine(
        _ expression: String, missed: ScheduleStateMachine.MissedFirings = .last, grace: Duration = .seconds(5_400)
    ) throws -> ScheduleStateMachine {
        var configuration = ScheduleStateMachine.Configuration()
        configuration.missed = missed
        configuration.grace = grace
        let schedule = Schedule(name: "job", expression: try ScheduleExpression(expression), created: zero)
        return ScheduleStateMachine(schedule: schedule, configuration: configuration)
    }

    private func minute(_ minute: Int) -> Timestamp { zero.advanced(by: .seconds(minute * 60)) }

    private func minutes(_ look: ScheduleLook) -> [Int] {
        look.firings.map { Int(zero.nanoseconds(to: $0.planned) / 60_000_000_000) }
    }

    @Test("What is planned fires when its time has come, once, and the next look is at the next one")
    func onTime() throws {
        var machine = try machine("cron(0/5 * * * ? *)")
        #expect(machine.looked(at: zero).lookAgain == minute(1))
        #expect(minutes(machine.looked(at: zero.advanced(by: .milliseconds(299_999)))) == [])
        let look = machine.looked(at: minute(5))
        #expect(minutes(look) == [5])
        #expect(look.firings[0].id == "job/2025-05-10T00:05:00Z")
        #expect(minutes(machine.looked(at: minute(5))) == [])
        #expect(machine.looked(at: zero.advanced(by: .seconds(590))).lookAgain == minute(10))
    }

    @Test("The next look is never further away than it may be, and there is none when nothing is planned")
    func lookAgain() throws {
        var yearly = try machine("cron(0 0 1 1 ? *)")
        #expect(yearly.looked(at: minute(7)).lookAgain == minute(8))
        var once = try machine("at(2025-05-10T00:05:00)")
        let look = once.looked(at: minute(6))
        #expect(minutes(look) == [5])
        #expect(look.lookAgain == nil)
    }

    @Test(
        "A clock set forward by an hour makes everything fire that it jumped over, whatever the policy",
        arguments: [ScheduleStateMachine.MissedFirings.skip, .last, .all(atMost: 3)])
    func forward(missed: ScheduleStateMachine.MissedFirings) throws {
        var machine = try machine("cron(0/10 * * * ? *)", missed: missed)
        #expect(minutes(machine.looked(at: minute(10))) == [10])
        let look = machine.looked(at: minute(71))
        #expect(minutes(look) == [20, 30, 40, 50, 60, 70])
        #expect(look.skipped == nil)
    }

    @Test("A clock set back by an hour makes nothing fire twice, and what is planned later fires at its time")
    func back() throws {
        var machine = try machine("cron(0/10 * * * ? *)")
        #expect(minutes(machine.looked(at: minute(61))) == [10, 20, 30, 40, 50, 60])
        for minute in 1..<70 {
            let look = machine.looked(at: self.minute(minute))
            #expect(minutes(look) == [] && !look.wasSetBack)
            #expect(look.lookAgain == self.minute(minute + 1))
        }
        #expect(minutes(machine.looked(at: minute(70))) == [70])
    }

    @Test("A clock set back by more than the grace is believed: what it comes to fires again, under the same id")
    func farBack() throws {
        var machine = try machine("cron(0/10 * * * ? *)")
        let first = machine.looked(at: minute(100))
        #expect(!machine.looked(at: minute(10)).wasSetBack)
        let look = machine.looked(at: minute(9))
        #expect(look.wasSetBack && look.firings.isEmpty)
        #expect(machine.decidedThrough == minute(9))
        let again = machine.looked(at: minute(20)).firings
        #expect(again.map(\.planned) == [minute(10), minute(20)])
        #expect(first.firings.contains(again[0]))
    }

    @Test(
        "What is older than the grace is missed, and the policy says what of it fires",
        arguments: [
            (ScheduleStateMachine.MissedFirings.skip, [], 10...900),
            (.last, [900], 10...890),
            (.all(atMost: 0), [], 10...900),
            (.all(atMost: 3), [880, 890, 900], 10...870),
            (.all(atMost: 90), Array(stride(from: 10, through: 900, by: 10)), nil),
            (.all(atMost: 1_000_000), Array(stride(from: 10, through: 900, by: 10)), nil),
        ] as [(ScheduleStateMachine.MissedFirings, [Int], ClosedRange<Int>?)])
    func missed(policy: ScheduleStateMachine.MissedFirings, saved: [Int], skipped: ClosedRange<Int>?) throws {
        var machine = try machine("cron(0/10 * * * ? *)", missed: policy)
        // 90 minutes before 1,000 is 910, which is just on time.
        let look = machine.looked(at: minute(1_000))
        #expect(minutes(look) == saved + stride(from: 910, through: 1_000, by: 10))
        #expect(look.skipped == skipped.map { minute($0.lowerBound)...minute($0.upperBound) })
        #expect(minutes(machine.looked(at: minute(1_000))) == [])
    }

    @Test("With no grace everything is missed but what is planned for this instant")
    func noGrace() throws {
        var machine = try machine("cron(* * * * ? *)", missed: .skip, grace: .zero)
        #expect(minutes(machine.looked(at: minute(1))) == [1])
        let look = machine.looked(at: minute(3).advanced(by: .nanoseconds(1)))
        #expect(minutes(look) == [])
        #expect(look.skipped == minute(2)...minute(3))
    }

    @Test("Grace is at most a day, and nobody looks more often than each second")
    func limits() throws {
        var machine = try machine("cron(0 * * * ? *)", missed: .skip, grace: .seconds(1_000_000))
        let look = machine.looked(at: minute(3_000))
        #expect(minutes(look) == Array(stride(from: 1_560, through: 3_000, by: 60)))
        #expect(look.skipped == minute(60)...minute(1_500))
        var negative = try self.machine("cron(* * * * ? *)", missed: .skip, grace: .seconds(-5))
        #expect(minutes(negative.looked(at: minute(1))) == [1])
        var configuration = ScheduleStateMachine.Configuration()
        configuration.longestWait = .zero
        var eager = ScheduleStateMachine(schedule: machine.schedule, configuration: configuration)
        #expect(eager.looked(at: zero).lookAgain == zero.advanced(by: .seconds(1)))
    }

    @Test("Years of missed minutes are decided at once")
    func years() throws {
        var machine = try machine("cron(* * * * ? *)", missed: .all(atMost: 2))
        let now = instant("2199-01-01T00:00:00Z")
        let look = machine.looked(at: now)
        #expect(look.firings.count == 2 + 91)
        #expect(look.skipped?.lowerBound == minute(1))
        var rare = try self.machine("cron(0 0 29 2 ? 2028)")
        #expect(rare.looked(at: .distantFuture).firings.map(\.id) == ["job/2028-02-29T00:00:00Z"])
    }

    @Test("A machine goes on where another one has ended")
    func goingOn() throws {
        var first = try machine("cron(0/10 * * * ? *)")
        #expect(minutes(first.looked(at: minute(30))) == [10, 20, 30])
        var second = ScheduleStateMachine(schedule: first.schedule, decidedThrough: first.decidedThrough)
        #expect(minutes(second.looked(at: minute(40))) == [40])
    }

    @Test(
        "However the clock is set within the grace, everything fires once and in order",
        arguments: 0..<20 as Range<UInt64>)
    func anyClock(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var machine = try machine("cron(0/7 * * * ? *)", missed: .skip)
        var now = 0
        var fired: [Int] = []
        var latest = 0
        for _ in 0..<2_000 {
            now += Int.random(in: 0...20, using: &random)
            // By up to an hour, back or forth, but never further back than an hour behind the latest look.
            if Int.random(in: 0..<20, using: &random) == 0 {
                now = max(now + Int.random(in: -60...60, using: &random), latest - 60, 0)
            }
            latest = max(latest, now)
            let look = machine.looked(at: minute(now))
            #expect(!look.wasSetBack && look.skipped == nil)
            fired += minutes(look)
        }
        #expect(fired == (1...latest).filter { $0 % 60 % 7 == 0 })
    }
}
