import FoundationEssentials
import LakeModel
import Metadata
import NIOCore
import NIOHTTP1
import NIOPosix
import Orchestrator
import Synchronization
import TarnTesting
import Testing

@Suite struct `Run events for OpenLineage` {
    private func worker() throws -> WorkerID { WorkerID(try ProcessTable.current(), random: 7) }

    private func lake(_ sink: String) throws -> LittleLake {
        let little = try LittleLake()
        try little.write(
            """
            name: little
            store: store
            environments:
              local:
                connections:
                  files: { kind: sqlite, path: "{database}.db" }
            openlineage: { \(sink), timeout: 2s }
            """, to: "lake.yaml")
        return little
    }

    /// `TYPE job` of each line.
    private func told(_ lines: [String]) throws -> [String] {
        try lines.map { line in
            let event = try JSONDecoder().decode(Told.self, from: Data(line.utf8))
            return "\(event.eventType) \(event.job.name)"
        }
    }

    private struct Told: Decodable {
        let eventType: String
        let job: Job
        let run: Run
        let inputs: [Dataset]
        let outputs: [Dataset]

        struct Job: Decodable { let name: String }
        struct Run: Decodable {
            let runId: String
            let facets: Facets
        }
        struct Facets: Decodable {
            let parent: Parent?
            let errorMessage: Message?
            let tarn: Own
        }
        struct Parent: Decodable { let run: Named }
        struct Named: Decodable { let runId: String }
        struct Message: Decodable { let message: String }
        struct Own: Decodable {
            let run: String
            let sequence: Int64
        }
        struct Dataset: Decodable {
            let name: String
            let facets: DatasetFacets
            let outputFacets: OutputFacets?
        }
        struct DatasetFacets: Decodable { let schema: Schema? }
        struct Schema: Decodable { let fields: [Field] }
        struct Field: Decodable { let name: String }
        struct OutputFacets: Decodable { let outputStatistics: Statistics }
        struct Statistics: Decodable { let rowCount: Int64 }
    }

    private func lines(_ path: String) throws -> [String] {
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    @Test func `tell of a run and its steps, once and in order`() async throws {
        let little = try lake("file: events.ndjson")
        let path = "\(little.folder.path)/events.ndjson"
        let first = try await little.run("+gold.revenue")
        let lake = try await little.open()
        let feed = try #require(OpenLineageFeed(lake))
        #expect(try await feed.send(as: worker()) > 0)
        #expect(try await feed.send(as: worker()) == 0)
        let events = try lines(path).map { try JSONDecoder().decode(Told.self, from: Data($0.utf8)) }
        let told = try told(lines(path))
        #expect(told.first == "START run +gold.revenue" && told.last == "COMPLETE run +gold.revenue")
        for table in ["bronze_shop.invoice", "silver.fact_invoice", "gold.revenue"] {
            #expect(told.filter { $0 == "START \(table)" }.count == 1)
            #expect(told.filter { $0 == "COMPLETE \(table)" }.count == 1)
        }
        let fact = try #require(
            events.first { $0.eventType == "COMPLETE" && $0.job.name == "silver.fact_invoice" })
        #expect(fact.inputs.map(\.name) == ["bronze_shop.invoice", "silver.dim_customer"])
        #expect(fact.outputs.first?.outputFacets?.outputStatistics.rowCount == 2)
        #expect(
            fact.outputs.first?.facets.schema?.fields.map(\.name) == [
                "id", "customer_id", "amount", "at", "name",
            ])
        #expect(fact.run.facets.parent?.run.runId == events.first?.run.runId)
        #expect(fact.run.facets.tarn.run == first.summary.id.text)
        #expect(Set(events.map(\.run.runId)).count == 6)
        // Another process goes on where this one ended.
        try little.write(
            "SELECT CAST(name AS INTEGER) AS y FROM silver.fact_invoice", to: "models/gold/revenue.sql")
        try await little.run("silver.fact_invoice+")
        let later = try await little.open()
        try await OpenLineageFeed(later)?.send(as: worker())
        let all = try self.told(lines(path))
        #expect(Array(all.prefix(told.count)) == told)
        #expect(
            Array(all.dropFirst(told.count).suffix(2)) == [
                "FAIL gold.revenue", "FAIL run silver.fact_invoice+",
            ])
        let failed = try JSONDecoder().decode(Told.self, from: Data(lines(path)[all.count - 2].utf8))
        #expect(failed.run.facets.errorMessage?.message.contains("Could not convert") == true)
    }

    @Test func `wait for a receiver that is down, and lose nothing`() async throws {
        let little = try lake("url: \"http://127.0.0.1:1/lineage\"")
        try await little.run("+gold.revenue")
        let lake = try await little.open()
        await #expect(throws: OpenLineageUnreachable.self) {
            try await OpenLineageFeed(lake)?.send(as: worker())
        }
        let receiver = try await Receiver()
        defer { receiver.stop() }
        let text = try String(contentsOfFile: "\(little.folder.path)/lake.yaml", encoding: .utf8)
        try little.write(
            text.replacing("127.0.0.1:1/", with: "127.0.0.1:\(receiver.port)/").replacing(
                "timeout: 2s", with: "token: \"${LINEAGE_TOKEN}\""), to: "lake.yaml")
        let again = try await Lake.open(
            folder: little.folder.path, variables: ["LINEAGE_TOKEN": "a-token-of-lineage"])
        // It refuses the third event, and takes everything at the second try.
        receiver.refuse(3)
        await #expect(throws: OpenLineageUnreachable.self) {
            try await OpenLineageFeed(again)?.send(as: worker())
        }
        try await OpenLineageFeed(again)?.send(as: worker())
        let told = try told(receiver.bodies)
        // What was sent together with the refused one comes again.
        #expect(told.last == "COMPLETE run +gold.revenue")
        for table in ["bronze_shop.invoice", "silver.fact_invoice", "gold.revenue"] {
            #expect(told.contains("COMPLETE \(table)"))
        }
        let numbers = try receiver.bodies.map {
            try JSONDecoder().decode(Told.self, from: Data($0.utf8)).run.facets.tarn.sequence
        }
        #expect(Array(numbers.suffix(Set(numbers).count)) == Set(numbers).sorted())
        #expect(receiver.tokens == ["Bearer a-token-of-lineage"])
    }
}

/// Takes posts on loopback.
private final class Receiver: Sendable {
    private let state = Mutex<(bodies: [String], tokens: Set<String>, refused: Int)>(([], [], 0))
    private let channel: any Channel
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var port: Int { channel.localAddress?.port ?? 0 }
    var bodies: [String] { state.withLock { $0.bodies } }
    var tokens: Set<String> { state.withLock { $0.tokens } }

    init() async throws {
        let boxed = Box()
        channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(boxed))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        boxed.receiver.withLock { $0 = self }
    }

    /// The n-th post from now is answered with an error.
    func refuse(_ number: Int) { state.withLock { $0.refused = number } }

    func stop() { try? channel.close().wait() }

    fileprivate func take(_ body: String, _ token: String?) -> Bool {
        state.withLock { state in
            if let token { state.tokens.insert(token) }
            if state.refused > 0 {
                state.refused -= 1
                if state.refused == 0 { return false }
            }
            state.bodies.append(body)
            return true
        }
    }

    fileprivate final class Box: Sendable {
        let receiver = Mutex<Receiver?>(nil)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let box: Box
        private var body = ""
        private var token: String?

        init(_ box: Box) { self.box = box }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                body = ""
                token = head.headers.first(name: "Authorization")
            case .body(let part): body += String(buffer: part)
            case .end:
                let isTaken = box.receiver.withLock { $0 }?.take(body, token) ?? false
                let status: HTTPResponseStatus = isTaken ? .created : .serviceUnavailable
                let head = HTTPResponseHead(
                    version: .http1_1, status: status, headers: ["Content-Length": "0"])
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
