import Extraction
import Foundation
import Project
import TarnTesting
import Testing

@Suite struct `A file that grows while it is read` {
    @Test func `is no part of any commit, and is read when its writer is done`() async throws {
        let lake = try LittleLake()
        let rows = (0..<100_000).map { "\($0),some text that takes time\n" }.joined()
        try lake.write("id,v\n" + rows, to: "a.csv")
        let table = try TableDefinition.files("*.csv", settle: .seconds(0))
        let writer = Task {
            let file = try FileHandle(forWritingTo: URL(filePath: "\(lake.landing)/a.csv"))
            try file.seekToEnd()
            var added = 0
            while !Task.isCancelled {
                try file.write(contentsOf: Data("\(100_000 + added),late\n".utf8))
                added += 1
                try? await Task.sleep(for: .milliseconds(1))
            }
            try file.close()
            return added
        }
        let mistake = await #expect(throws: FilesMistake.self) { try await lake.extract(table) }
        #expect(mistake?.code == "files.changed-while-read" && mistake?.isTransient == true)
        writer.cancel()
        let added = try await writer.value
        #expect(added > 0)
        #expect(try await lake.commit(table).1.rows == Int64(100_000 + added))
    }
}
