internal import Blocking
import Crypto
import Glibc
package import LakeModel

/// The folder of what runs have written and nobody sees yet: `_tarn/staging/{run}/{asset}.parquet`.
package struct Staging: Sendable {
    private let store: any ObjectStore

    package init(_ store: any ObjectStore) { self.store = store }

    /// Lends `body` the path of a local file to write the rows of `asset` to; afterwards they are staged.
    ///
    /// If the store keeps plain files, that is the staged file itself. Otherwise it is a temporary file,
    /// which is sent to the store and removed. What an earlier attempt of the run staged is replaced.
    package func stage<T>(
        _ asset: AssetKey, of run: RunID, _ body: (_ localPath: String) async throws -> T
    ) async throws -> T {
        let path = LakeLayout.staged(asset, of: run)
        try await store.delete(path)
        if let local = try await store.localPath(forWriting: path) { return try await body(local) }
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let local = "\(folder)/tarn-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 16)).parquet"
        defer { unlink(local) }
        let result = try await body(local)
        _ = try await store.write(.file(local), to: path, .unconditionally)
        return result
    }

    /// Begins early what the commit will wait for: brings the bytes of a staged file to the disk.
    ///
    /// It promises nothing, so what goes wrong here is left to the commit to find.
    package func settle(_ asset: AssetKey, of run: RunID) async throws {
        try await settle(LakeLayout.staged(asset, of: run))
    }

    func settle(_ staged: LakePath) async throws {
        guard let path = store.localPath(of: staged) else { return }
        try await BlockingPool.shared.run {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return }
            _ = fdatasync(descriptor)
            close(descriptor)
        }
    }

    /// Removes whatever `run` has staged.
    package func clear(_ run: RunID) async throws {
        try await store.deleteFolder(LakeLayout.staging(of: run))
    }

    /// Proves that the file at `path` is a whole Parquet file with as many rows and the columns that are
    /// expected.
    /// - Throws: `CommitRefused`, `ParquetDamaged`, `ObjectNotFound`.
    func verify(
        _ path: LakePath, of asset: AssetKey, rows: Int64, schema: [ColumnSchema]
    ) async throws -> ByteCount {
        guard let object = try await store.head(path) else { throw ObjectNotFound(path: path) }
        let footer = try await ParquetFooter.read(path, from: store)
        guard footer.isConsistent else {
            throw CommitRefused(
                asset: asset,
                reason: "its row groups do not hold the \(footer.rows) rows that its footer names")
        }
        guard footer.rows == rows else {
            throw CommitRefused(
                asset: asset, reason: "\(rows) rows were read and \(footer.rows) were written")
        }
        guard footer.columns == schema.map(\.name) else {
            throw CommitRefused(asset: asset, reason: "the columns of the file are not those that were read")
        }
        return object.size
    }

    /// The SHA-256 of an object in hexadecimal; its bytes stream by.
    func sha256(of path: LakePath) async throws -> String {
        var digest = SHA256()
        for try await chunk in try await store.read(path, bytes: nil).bytes { digest.update(data: chunk) }
        return hexadecimal(digest.finalize())
    }
}

/// What was written is not what was read, so it does not become visible.
package struct CommitRefused: Diagnostic {
    package let asset: AssetKey
    package let reason: String

    package var code: String { "commit.verification-failed" }
    package var problem: String { "\(asset) was not committed: \(reason)." }
    package var remedy: String {
        "The table is as it was before. Run again; if it happens twice, report it with the run's log."
    }
    package var isTransient: Bool { true }
}

/// Another holder of the lease has committed, or may have, so this one must not.
package struct LeaseLost: Diagnostic {
    package let asset: AssetKey
    package let run: RunID
    package let epoch: LeaseEpoch
    package let reason: String

    package init(asset: AssetKey, run: RunID, epoch: LeaseEpoch, reason: String) {
        self.asset = asset
        self.run = run
        self.epoch = epoch
        self.reason = reason
    }

    package var code: String { "commit.lease-lost" }
    package var problem: String { "Run \(run) cannot commit \(asset) with epoch \(epoch): \(reason)." }
    package var remedy: String {
        "Nothing to do: another run has taken the table over. If no other was meant to, see `tarn status`."
    }
}

/// The manifest was replaced by others again and again.
package struct CommitContended: Diagnostic {
    package let asset: AssetKey
    package let attempts: Int

    package var code: String { "commit.contended" }
    package var problem: String {
        "\(asset) was not committed: others replaced its manifest \(attempts) times meanwhile."
    }
    package var remedy: String { "Find out with `tarn status` which runs write this table at the same time." }
    package var isTransient: Bool { true }
}
