internal import CMariaDB

/// What a `LOAD DATA LOCAL` did.
package struct LocalDataOutcome: Hashable, Sendable {
    package let rows: UInt64
    /// LOCAL makes the server repair what does not fit, with a warning each: anything but zero is a change of
    /// the data.
    package let warnings: Int
}

extension MySQLConnection {
    /// Runs `LOAD DATA LOCAL INFILE 'any name' INTO TABLE …` with the bytes that `provider` writes.
    ///
    /// `provider` fills the buffer and returns how many bytes it wrote, 0 at the end. Unless the caller has
    /// begun a transaction, all rows are stored or none; in a caller's transaction, roll it back when this
    /// throws.
    /// - Precondition: the settings allow local data.
    /// - Throws: what `provider` threw, else `MySQLError`.
    package func loadLocalData(
        _ sql: String, provider: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> LocalDataOutcome {
        precondition(settings.allowsLocalData, "The settings of this connection do not allow local data.")
        let isOwnTransaction = handle.pointee.server_status & UInt32(SERVER_STATUS_IN_TRANS) == 0
        if isOwnTransaction { try execute("START TRANSACTION") }
        do {
            let outcome = try load(sql, provider)
            if isOwnTransaction { try execute("COMMIT") }
            return outcome
        } catch {
            // A lost connection has rolled back by itself, and the first failure is the one to tell.
            if isOwnTransaction, isOpen { _ = mysql_rollback(handle) }
            throw error
        }
    }

    private func load(
        _ sql: String, _ provider: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> LocalDataOutcome {
        try withoutActuallyEscaping(provider) { provider in
            let data = LocalData(provider)
            LocalData.serve(data, on: handle)
            defer { LocalData.refuse(on: handle) }
            let loaded = Result { try execute(sql) }
            // The server's complaint about the missing rest is only a consequence of the provider's failure.
            if let failure = data.failure { throw failure }
            return LocalDataOutcome(rows: try loaded.get(), warnings: Int(mysql_warning_count(handle)))
        }
    }
}

/// The four callbacks of the library's local file protocol over a Swift closure.
final class LocalData {
    private let provider: (UnsafeMutableRawBufferPointer) throws -> Int
    private(set) var failure: (any Error)?

    init(_ provider: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) { self.provider = provider }

    /// - Returns: Bytes written, 0 at the end, -1 after a failure.
    private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int32 {
        do {
            let count = try provider(buffer)
            precondition(count >= 0 && count <= buffer.count, "A provider stays inside its buffer.")
            return Int32(count)
        } catch {
            failure = error
            return -1
        }
    }

    /// Answers the server's request for a file with `data`, whatever file it names.
    static func serve(_ data: LocalData, on handle: UnsafeMutablePointer<MYSQL>) {
        mysql_set_local_infile_handler(
            handle,
            { state, _, data in
                state?.pointee = data
                return 0
            },
            { state, buffer, count in
                guard let state, let buffer else { return -1 }
                let data = Unmanaged<LocalData>.fromOpaque(state).takeUnretainedValue()
                return data.fill(UnsafeMutableRawBufferPointer(start: buffer, count: Int(count)))
            },
            { _ in },
            { _, message, count in
                LocalData.write("the provider of local data failed", to: message, count)
                return Int32(CR_UNKNOWN_ERROR)
            },
            Unmanaged.passUnretained(data).toOpaque())
    }

    /// Without this the library opens whatever path the server asks for, at any time.
    static func refuse(on handle: UnsafeMutablePointer<MYSQL>) {
        mysql_set_local_infile_handler(
            handle,
            { state, _, _ in
                state?.pointee = nil
                return 1
            },
            { _, _, _ in -1 },
            { _ in },
            { _, message, count in
                LocalData.write("local files are never sent", to: message, count)
                return Int32(CR_UNKNOWN_ERROR)
            },
            nil)
    }

    private static func write(
        _ text: StaticString, to buffer: UnsafeMutablePointer<CChar>?, _ capacity: UInt32
    ) {
        guard let buffer, capacity > 0 else { return }
        let count = min(text.utf8CodeUnitCount, Int(capacity) - 1)
        text.withUTF8Buffer { text in
            for index in 0..<count { buffer[index] = CChar(bitPattern: text[index]) }
        }
        buffer[count] = 0
    }
}
