import Testing

@testable import Gateway

@Suite struct `A gateway` {
    @Test func `has a condition`() { #expect(HostCondition(.serving).projectMistakes.isEmpty) }
}
