internal import ADLS
internal import FoundationEssentials
internal import LakeModel
internal import Synchronization

/// The leases that there are, by filesystem and path. They survive a restart.
final class LeaseBook: Sendable {
    private let leases: Mutex<[String: Lease]>
    private let file: String

    init(file: String) {
        self.file = file
        var leases: [String: Lease] = [:]
        for line in ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n") {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 5, let key = PercentCoding.decoded(parts[0], plusIsSpace: false) else {
                continue
            }
            leases[key] = Lease(
                id: String(parts[1]), seconds: Int64(parts[2]),
                end: Int64(parts[3]).map { Timestamp(microseconds: $0) },
                breakEnd: Int64(parts[4]).map { Timestamp(microseconds: $0) })
        }
        self.leases = Mutex(leases)
    }

    static func key(_ address: StorageAddress) -> String { "\(address.filesystem ?? "")/\(address.path)" }

    func lease(of address: StorageAddress) -> Lease? {
        leases.withLock { $0[Self.key(address)] }
    }

    func change(
        _ address: StorageAddress, _ act: LeaseAct, at now: Timestamp
    ) throws(StorageFailure) -> LeaseChange {
        let key = Self.key(address)
        let result: Result<LeaseChange, StorageFailure> = leases.withLock { leases in
            do throws(StorageFailure) {
                let change = try act.apply(to: leases[key], at: now) { UUID().uuidString.lowercased() }
                leases[key] = change.lease
                write(leases, at: now)
                return .success(change)
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// What was leased is gone, or is called something else.
    func forget(_ address: StorageAddress, at now: Timestamp) {
        leases.withLock { leases in
            guard !leases.isEmpty else { return }
            let key = Self.key(address)
            let before = leases.count
            leases = leases.filter {
                $0.key != key
                    && !$0.key.beginsWithBytes(of: key.utf8.last == UInt8(ascii: "/") ? key : key + "/")
            }
            if leases.count != before { write(leases, at: now) }
        }
    }

    /// Whether a request that shows this id may change what is at the address.
    /// - Throws: ``StorageFailure`` if not.
    func check(_ address: StorageAddress, id: String?, at now: Timestamp) throws(StorageFailure) {
        let lease = lease(of: address)
        let isFilesystem = address.path.isEmpty
        guard let lease, lease.isHeld(at: now) else {
            guard id == nil else {
                if lease?.id == id?.lowercased() {
                    throw StorageFailure(.leaseLost, "The lease has ended.")
                }
                throw StorageFailure(
                    isFilesystem ? .leaseNotPresentWithContainer : .leaseNotPresentWithBlob,
                    "There is currently no lease.")
            }
            return
        }
        guard let id else {
            throw StorageFailure(.leaseIDMissing, "There is a lease, and the request names none.")
        }
        guard lease.id == id.lowercased() else {
            throw StorageFailure(
                isFilesystem ? .leaseIDMismatchWithContainer : .leaseIDMismatchWithBlob,
                "The lease has another id.")
        }
    }

    /// Leases are few; what has ended long ago is not kept.
    private func write(_ leases: [String: Lease], at now: Timestamp) {
        let lines = leases.filter { $0.value.isHeld(at: now) }.map { key, lease in
            func text(_ number: Int64?) -> String { number.map { "\($0)" } ?? "-" }
            return "\(PercentCoding.encoded(key)) \(lease.id) \(text(lease.seconds)) "
                + "\(text(lease.end?.microseconds)) \(text(lease.breakEnd?.microseconds))\n"
        }
        // A lease that is lost with the machine is no harm that a shorter one would not do.
        try? Data(lines.joined().utf8).write(to: URL(filePath: file), options: .atomic)
    }
}
