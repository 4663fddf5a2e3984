// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct FunctionTests {
    private final class Host {}
    private let registration = Registered(hostID: ObjectIdentifier(Host()))

    @Test("A function is written as a literal, and means the latest version")
    func literal() {
        let function: Function<Int, String> = "resize"
        let streaming: StreamingFunction<Int, String> = "resize"
        #expect(function.name == "resize")
        #expect(function.qualifier == .latest)
        #expect(streaming.name == "resize")
        #expect(streaming.qualifier == .latest)
    }

    @Test("References are equal by name and version, wherever they come from")
    func equality() {
        let registered = Function<Int, Int>(name: "a", registration: registration)
        #expect(registered == "a")
        #expect(registered != "b")
        #expect(Set([registered, "a", "b"]).count == 2)
        let streaming = StreamingFunction<Int, Int>(name: "a", registration: registration)
        #expect(streaming == "a")
        #expect(streaming != "b")
        #expect(Set([streaming, "a", "b"]).count == 2)
    }

    @Test("Qualifying a reference forgets which registration it came from")
    func qualified() {
        let function = Function<Int, Int>(name: "a", registration: registration)
        #expect(function.registration != nil)
        #expect(function.qualified(by: .latest).registration == nil)
        #expect(function.qualified(by: .latest) == function)
        let streaming = StreamingFunction<Int, Int>(name: "a", registration: registration)
        #expect(streaming.qualified(by: .latest).registration == nil)
        #expect(streaming.qualified(by: .latest) == streaming)
    }

    @Test("A bad name is no trap")
    func badName() {
        #expect(Function<Int, Int>("no name at all!").name == "no name at all!")
    }

    @Test("The latest version is called as in Lambda")
    func latest() {
        #expect(Qualifier.latest.description == "$LATEST")
    }

    @Test(
        "An attempt's deadline is its start and the timeout; without one it is never",
        arguments: [(nil, nil), (3, 8)])
    func deadline(timeout: Int?, expected: Int64?) {
        let configuration = FunctionConfiguration(timeout: timeout.map { .nanoseconds($0) })
        let snapshot = FunctionSnapshot(identity: FunctionIdentity(name: "a"), configuration: configuration)
        #expect(snapshot.deadline(from: .at(5)) == (expected.map { .at($0) } ?? .distantFuture))
    }
}
