internal import Synchronization

/// How far an extraction is; written by the threads that read, read by whoever watches.
package final class ExtractionProgress: Sendable {
    private let state = Mutex(State())

    private struct State {
        /// Of the pieces that were committed.
        var rows: Int64 = 0
        var bytes: Int64 = 0
        /// Of the piece that is being read.
        var pieceRows: Int64 = 0
        var pieceBytes: Int64 = 0
        var share: Double?
        var waiting: String?
    }

    package init() {}

    package var rows: Int64 { state.withLock { $0.rows + $0.pieceRows } }
    package var bytes: Int64 { state.withLock { $0.bytes + $0.pieceBytes } }
    /// How much of the cursor's range has been committed, from 0 to 1; `nil` if that is not known.
    package var share: Double? { state.withLock { $0.share } }

    /// Why nothing is read at the moment (`replica is 45 s behind (max 10 s)`); `nil` while it goes on.
    package var waiting: String? { state.withLock { $0.waiting } }

    package func wait(for reason: String?) { state.withLock { $0.waiting = reason } }

    /// Adds to what the current piece has read.
    func add(rows: Int64, bytes: Int64) {
        state.withLock {
            $0.pieceRows += rows
            $0.pieceBytes += bytes
        }
    }

    /// The piece begins anew: what it had read does not count.
    func beginPiece() {
        state.withLock { ($0.pieceRows, $0.pieceBytes) = (0, 0) }
    }

    /// The piece is durable.
    func endPiece(share: Double?) {
        state.withLock {
            $0.rows += $0.pieceRows
            $0.bytes += $0.pieceBytes
            ($0.pieceRows, $0.pieceBytes) = (0, 0)
            $0.share = share
        }
    }
}
