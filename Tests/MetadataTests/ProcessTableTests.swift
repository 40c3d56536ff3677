import Glibc
import LakeModel
import Testing

@testable import Metadata

@Suite struct `The process table` {
    @Test func `knows this process and finds it alive`() throws {
        let me = try ProcessTable.current()
        #expect(me.pid == getpid())
        #expect(ProcessTable.liveness(seenFrom: me)(me))
    }

    @Test func `takes a later process of the same number for another one`() throws {
        let me = try ProcessTable.current()
        let before = ProcessIdentity(
            host: me.host, bootID: me.bootID, pid: me.pid, startTicks: me.startTicks - 1)
        #expect(!ProcessTable.liveness(seenFrom: me)(before))
    }

    @Test func `takes processes before the last boot for dead and those of other hosts for alive`() throws {
        let me = try ProcessTable.current()
        let isAlive = ProcessTable.liveness(seenFrom: me)
        #expect(!isAlive(ProcessIdentity(host: me.host, bootID: "x", pid: me.pid, startTicks: me.startTicks)))
        #expect(isAlive(ProcessIdentity(host: me.host + "-2", bootID: "x", pid: 1, startTicks: 1)))
    }

    @Test(arguments: [
        ("7 (a b) c) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0", 4242 as Int64?),
        ("7 (z) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0", nil), ("7 (short) S 1", nil), ("", nil),
    ])
    func `reads the start of a process whatever its command is called`(stat: String, ticks: Int64?) {
        #expect(ProcessTable.startTicks(inStat: stat) == ticks)
    }
}
