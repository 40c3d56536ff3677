internal import AsyncHTTPClient
internal import Blocking
internal import Crypto
internal import Extraction
internal import LakeModel
internal import LakeStore
internal import Metadata
internal import NIOCore
internal import NIOHTTP1
internal import Project
internal import Transform

/// One look at what a sensor watches.
struct SensorLook {
    let lake: Lake
    let sensor: SensorDefinition
    /// What it last saw: a page is only sent again if it is another one.
    let cursor: SensorCursor?

    /// More of a page is not looked at.
    private static let bodyBytesMax = 16 << 20

    /// Never throws: what cannot be seen is an observation, too.
    func look() async -> SensorObservation {
        do {
            switch sensor.watch {
            case .files(let tables): return try await files(of: tables)
            case .materialized(let selection, _): return try await versions(of: selection)
            case .http(let probe): return await page(probe)
            }
        } catch let error as any Diagnostic {
            return .failed(error.problem)
        } catch {
            return .failed("\(error)")
        }
    }

    private func files(of tables: Set<AssetKey>) async throws -> SensorObservation {
        var count = 0
        var digests: [String] = []
        for key in tables.sorted() {
            guard let table = lake.graph.tables[key] else { continue }
            let current = try await lake.manifests.currentFiles(
                of: table.source.name, table.definition.name)
            let pending = try await BlockingPool.shared.run {
                try PendingFiles(of: table.definition, from: table.source, current: current)
            }
            guard let pending else { continue }
            count += pending.count
            digests.append(pending.digest)
        }
        return .files(unread: count, digest: digests.joined(separator: "+"))
    }

    private func versions(of selection: Selection) async throws -> SensorObservation {
        let newest = try await lake.metadata.latestMaterializations()
        var versions: [AssetKey: String?] = [:]
        for key in try lake.graph.resolve(selection) { versions[key] = .some(newest[key]?.version) }
        return .versions(versions)
    }

    private func page(_ probe: HTTPProbe) async -> SensorObservation {
        var request = HTTPClientRequest(url: probe.url)
        request.headers.add(name: "User-Agent", value: "tarn")
        if case .page(let etag?, _)? = cursor?.seen {
            request.headers.add(name: "If-None-Match", value: etag)
        }
        let nanoseconds = Int64(probe.timeout.seconds * 1_000_000_000)
        do {
            let answer = try await HTTPClient.shared.execute(
                request, timeout: .nanoseconds(nanoseconds))
            var digest: String?
            if answer.status.code != 304 {
                let body = try await answer.body.collect(upTo: SensorLook.bodyBytesMax)
                digest = SHA256.hash(data: Array(body.readableBytesView)).map { byte in
                    String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
                }.joined()
            }
            return .page(
                status: Int(answer.status.code), etag: answer.headers.first(name: "ETag"), bodyDigest: digest)
        } catch is NIOTooManyBytesError {
            return .failed("\(probe.shownURL) sends more than \(SensorLook.bodyBytesMax >> 20) MiB")
        } catch {
            return .failed("\(probe.shownURL) does not answer: \(reason(error))")
        }
    }

    /// Errors of the client name no address, which may hold a key.
    private func reason(_ error: any Error) -> String {
        (error as? HTTPClientError)?.shortDescription ?? String(describing: type(of: error))
    }
}
