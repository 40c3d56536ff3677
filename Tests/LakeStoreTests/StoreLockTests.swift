import Foundation
import LakeModel
import LakeStore
import TarnTesting
import Testing

@Suite struct `The lock of a local store` {
    @Test func `that a stopped process holds is told with the process`() async throws {
        let folder = try TemporaryFolder()
        let store = try LocalStore(root: folder.path)
        let path = try #require(LakePath("a/b.json"))
        _ = try await store.write(.bytes([1]), to: path, .unconditionally)
        let holder = Process()
        let output = Pipe()
        holder.executableURL = URL(filePath: "/usr/bin/env")
        let program = "import fcntl,sys,time; f=open(sys.argv[1],'r+b'); fcntl.flock(f, fcntl.LOCK_EX); "
        holder.arguments = [
            "python3", "-c", program + "print('held', flush=True); time.sleep(600)",
            "\(folder.path)/_tarn/.local/lock",
        ]
        holder.standardOutput = output
        try holder.run()
        defer { holder.terminate() }
        try #require(output.fileHandleForReading.availableData.starts(with: Data("held".utf8)))
        kill(holder.processIdentifier, SIGSTOP)
        let locked = await #expect(throws: StoreLocked.self) {
            try await store.write(.bytes([2]), to: path, .unconditionally)
        }
        #expect(locked?.problem.contains("Process \(holder.processIdentifier) (stopped)") == true)
        #expect(locked?.isTransient == true)
        kill(holder.processIdentifier, SIGKILL)
        _ = try await store.write(.bytes([3]), to: path, .unconditionally)
        #expect(try await store.open(path, bytesMax: ByteCount(10)).0 == [3])
    }
}
