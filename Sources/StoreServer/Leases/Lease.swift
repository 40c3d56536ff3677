internal import ADLS
internal import LakeModel

/// Who alone may write a file, a folder or a filesystem, and for how long.
struct Lease: Hashable, Sendable {
    var id: String
    /// `nil` is for ever.
    var seconds: Int64?
    /// When it ends by itself.
    var end: Timestamp?
    /// When it ends because somebody broke it.
    var breakEnd: Timestamp?

    enum State: String { case available, leased, breaking, broken, expired }

    func state(at now: Timestamp) -> State {
        if let breakEnd { return now < breakEnd ? .breaking : .broken }
        if let end { return now < end ? .leased : .expired }
        return .leased
    }

    func isHeld(at now: Timestamp) -> Bool {
        switch state(at: now) {
        case .leased, .breaking: true
        case .available, .broken, .expired: false
        }
    }

    static func make(id: String, seconds: Int64?, at now: Timestamp) -> Lease {
        Lease(id: id, seconds: seconds, end: seconds.map { now + .seconds($0) }, breakEnd: nil)
    }
}

/// What a request wants of a lease.
enum LeaseAct: Hashable, Sendable {
    case acquire(proposed: String?, seconds: Int64?)
    case renew(String)
    case change(String, proposed: String)
    case release(String)
    case `break`(seconds: Int64?)
}

/// What became of a lease.
struct LeaseChange: Hashable, Sendable {
    let status: Int
    /// The lease as it is now; `nil` if there is none any more.
    let lease: Lease?
    /// Until a broken lease ends.
    var secondsLeft: Int64?
}

extension LeaseAct {
    /// - Parameters:
    ///   - lease: The one that there is.
    ///   - newID: For a lease that nobody gives a name.
    /// - Throws: ``StorageFailure`` if it may not be.
    func apply(to lease: Lease?, at now: Timestamp, newID: () -> String) throws(StorageFailure) -> LeaseChange
    {
        let state = lease?.state(at: now) ?? .available
        switch self {
        case .acquire(let proposed, let seconds):
            switch state {
            case .leased where lease?.id != proposed:
                throw StorageFailure(.leaseAlreadyPresent, "There is already a lease present.")
            case .breaking:
                throw StorageFailure(
                    .leaseIsBreakingAndCannotBeAcquired,
                    "The lease is breaking; it can be had when it is broken.")
            case .available, .leased, .broken, .expired:
                return LeaseChange(
                    status: 201, lease: .make(id: proposed ?? newID(), seconds: seconds, at: now))
            }
        case .renew(let id):
            let lease = try own(lease, id)
            guard state == .leased || state == .expired else {
                throw StorageFailure(.leaseIsBrokenAndCannotBeRenewed, "The lease was broken.")
            }
            return LeaseChange(status: 200, lease: .make(id: id, seconds: lease.seconds, at: now))
        case .change(let id, let proposed):
            guard var lease, state == .leased else {
                throw StorageFailure(.leaseNotPresentWithLease, "There is currently no lease.")
            }
            guard lease.id == id || lease.id == proposed else {
                throw StorageFailure(.leaseIDMismatchWithLease, "The lease has another id.")
            }
            lease.id = proposed
            return LeaseChange(status: 200, lease: lease)
        case .release(let id):
            _ = try own(lease, id)
            return LeaseChange(status: 200, lease: nil)
        case .break(let seconds):
            guard var lease else {
                throw StorageFailure(.leaseNotPresentWithLease, "There is currently no lease.")
            }
            guard state == .leased || state == .breaking else {
                return LeaseChange(status: 202, lease: lease, secondsLeft: 0)
            }
            // Until its end, unless a shorter time is given; an endless one ends at once.
            var left =
                (lease.breakEnd ?? lease.end).map { max(0, ($0 - now).components.seconds) } ?? seconds ?? 0
            if let seconds { left = min(left, seconds) }
            lease.breakEnd = now + .seconds(left)
            return LeaseChange(status: 202, lease: lease, secondsLeft: left)
        }
    }

    private func own(_ lease: Lease?, _ id: String) throws(StorageFailure) -> Lease {
        guard let lease else {
            throw StorageFailure(.leaseNotPresentWithLease, "There is currently no lease.")
        }
        guard lease.id == id else {
            throw StorageFailure(.leaseIDMismatchWithLease, "The lease has another id.")
        }
        return lease
    }

    /// Reads the headers of a request; names in lower case.
    init(header: (String) -> String?) throws(StorageFailure) {
        func id(_ name: String) throws(StorageFailure) -> String {
            guard let text = header(name), !text.isEmpty else {
                throw StorageFailure(.missingRequiredHeader, "The header \(name) is missing.")
            }
            guard Self.isID(text) else {
                throw StorageFailure(.invalidHeaderValue, "The header \(name) is no GUID.")
            }
            return text.lowercased()
        }
        func seconds(_ name: String) throws(StorageFailure) -> Int64? {
            guard let text = header(name), !text.isEmpty else { return nil }
            guard let number = Int64(text) else {
                throw StorageFailure(.invalidHeaderValue, "The header \(name) is no number.")
            }
            return number
        }
        switch header(HeaderName.leaseAction)?.lowercased() {
        case "acquire":
            let duration = try seconds(HeaderName.leaseDuration) ?? -1
            guard duration == -1 || (15...60).contains(duration) else {
                throw StorageFailure(
                    .invalidHeaderValue, "A lease is for 15 to 60 seconds, or for ever (-1).")
            }
            let proposed = header(HeaderName.proposedLeaseID).flatMap { $0.isEmpty ? nil : $0 }
            self = .acquire(
                proposed: proposed == nil ? nil : try id(HeaderName.proposedLeaseID),
                seconds: duration == -1 ? nil : duration)
        case "renew": self = .renew(try id(HeaderName.leaseID))
        case "change":
            self = .change(try id(HeaderName.leaseID), proposed: try id(HeaderName.proposedLeaseID))
        case "release": self = .release(try id(HeaderName.leaseID))
        case "break":
            let period = try seconds(HeaderName.leaseBreakPeriod)
            guard (0...60).contains(period ?? 0) else {
                throw StorageFailure(.invalidHeaderValue, "A lease breaks within 0 to 60 seconds.")
            }
            self = .break(seconds: period)
        default:
            throw StorageFailure(
                .invalidHeaderValue, "x-ms-lease-action is acquire, renew, change, release or break.")
        }
    }

    /// Eight, four, four, four and twelve hexadecimal digits, with or without hyphens and braces.
    private static func isID(_ text: String) -> Bool {
        let digits = text.filter { !"-{}()".contains($0) }
        return digits.count == 32 && digits.allSatisfy(\.isHexDigit)
    }
}
