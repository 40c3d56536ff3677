import ADLS
import LakeModel
import Testing

@testable import StoreServer

@Suite struct `A lease` {
    private static let one = "00000000-0000-0000-0000-000000000001"
    private static let two = "00000000-0000-0000-0000-000000000002"
    private static let start = Timestamp(microseconds: 1_800_000_000_000_000)

    private static func apply(_ act: LeaseAct, to lease: Lease?, after seconds: Int64 = 0) -> Result<
        LeaseChange, StorageFailure
    > {
        do throws(StorageFailure) {
            return .success(try act.apply(to: lease, at: start + .seconds(seconds)) { one })
        } catch { return .failure(error) }
    }

    private static func code(_ act: LeaseAct, to lease: Lease?, after seconds: Int64 = 0) -> String? {
        if case .failure(let failure) = apply(act, to: lease, after: seconds) {
            failure.code.name
        } else {
            nil
        }
    }

    private static func held(seconds: Int64? = 15) -> Lease { .make(id: one, seconds: seconds, at: start) }

    @Test func `is held until its end, and can then be had by another`() throws {
        let lease = Self.held()
        #expect(lease.state(at: Self.start + .seconds(14)) == .leased)
        #expect(lease.state(at: Self.start + .seconds(15)) == .expired)
        #expect(Self.code(.acquire(proposed: Self.two, seconds: 15), to: lease) == "LeaseAlreadyPresent")
        let change = try Self.apply(.acquire(proposed: Self.two, seconds: 15), to: lease, after: 15).get()
        #expect(change.status == 201 && change.lease?.id == Self.two)
        #expect(try Self.apply(.acquire(proposed: nil, seconds: nil), to: nil).get().lease?.id == Self.one)
        // Who asks again for what he has, has it anew.
        #expect(Self.code(.acquire(proposed: Self.one, seconds: 60), to: lease) == nil)
    }

    @Test func `is renewed, changed and released by its holder only`() throws {
        let lease = Self.held()
        #expect(
            try Self.apply(.renew(Self.one), to: lease, after: 10).get().lease?.end == Self.start
                + .seconds(25))
        #expect(Self.code(.renew(Self.two), to: lease) == "LeaseIdMismatchWithLeaseOperation")
        #expect(Self.code(.renew(Self.one), to: nil) == "LeaseNotPresentWithLeaseOperation")
        #expect(try Self.apply(.change(Self.one, proposed: Self.two), to: lease).get().lease?.id == Self.two)
        #expect(
            Self.code(.change(Self.two, proposed: Self.two), to: lease) == "LeaseIdMismatchWithLeaseOperation"
        )
        #expect(try Self.apply(.release(Self.one), to: lease).get().lease == nil)
        #expect(Self.code(.release(Self.two), to: lease) == "LeaseIdMismatchWithLeaseOperation")
    }

    @Test func `is broken within the shorter of two times`() throws {
        #expect(try Self.apply(.break(seconds: 3), to: Self.held()).get().secondsLeft == 3)
        #expect(try Self.apply(.break(seconds: 60), to: Self.held()).get().secondsLeft == 15)
        #expect(try Self.apply(.break(seconds: nil), to: Self.held(seconds: nil)).get().secondsLeft == 0)
        #expect(Self.code(.break(seconds: 3), to: nil) == "LeaseNotPresentWithLeaseOperation")
        let breaking = try #require(try Self.apply(.break(seconds: 3), to: Self.held()).get().lease)
        #expect(breaking.state(at: Self.start + .seconds(2)) == .breaking)
        #expect(breaking.state(at: Self.start + .seconds(3)) == .broken)
        #expect(
            Self.code(.acquire(proposed: Self.two, seconds: 15), to: breaking)
                == "LeaseIsBreakingAndCannotBeAcquired")
        #expect(Self.code(.acquire(proposed: Self.two, seconds: 15), to: breaking, after: 3) == nil)
        #expect(Self.code(.renew(Self.one), to: breaking, after: 4) == "LeaseIsBrokenAndCannotBeRenewed")
    }

    @Test(arguments: [
        [:], ["x-ms-lease-action": "take"], ["x-ms-lease-action": "acquire", "x-ms-lease-duration": "5"],
        ["x-ms-lease-action": "acquire", "x-ms-proposed-lease-id": "../../etc"],
        ["x-ms-lease-action": "renew"],
        ["x-ms-lease-action": "break", "x-ms-lease-break-period": "61"],
        ["x-ms-lease-action": "break", "x-ms-lease-break-period": "x"],
    ])
    func `that nobody can mean is refused`(headers: [String: String]) {
        #expect(throws: StorageFailure.self) { try LeaseAct { headers[$0] } }
    }
}
