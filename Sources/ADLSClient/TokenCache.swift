internal import LakeModel
internal import Synchronization

/// A token of Microsoft Entra, and until when it is good.
struct AccessToken: Hashable, Sendable {
    let text: Secret
    let expiresAt: ContinuousClock.Instant
    let refreshAt: ContinuousClock.Instant

    /// - Parameter refreshIn: What the issuer advises; otherwise half of a life beyond ten minutes, or all
    ///   of it but a fifth.
    init(
        text: Secret, lifetime: Duration, refreshIn: Duration? = nil,
        receivedAt: ContinuousClock.Instant = .now
    ) {
        self.text = text
        expiresAt = receivedAt + lifetime
        let early = lifetime > .seconds(600) ? max(lifetime / 2, lifetime - .seconds(900)) : lifetime * 4 / 5
        refreshAt = receivedAt + min(refreshIn ?? early, lifetime)
    }
}

/// Keeps the token of one credential, and has it renewed before it expires: by one request, however many
/// wait.
final class TokenCache: Sendable {
    private struct State {
        var token: AccessToken?
        var renewal: Task<AccessToken, any Error>?
        /// Which renewal it is, so that a late one does not clear its successor.
        var number = 0
    }

    private let state = Mutex(State())
    private let renew: @Sendable () async throws -> AccessToken

    init(_ renew: @escaping @Sendable () async throws -> AccessToken) { self.renew = renew }

    /// A token that is good at `now`. One that is to be renewed soon is answered while it is being renewed.
    func token(at now: ContinuousClock.Instant = .now) async throws -> Secret {
        let (good, renewal) = state.withLock { state -> (AccessToken?, Task<AccessToken, any Error>?) in
            if let token = state.token, now < token.refreshAt { return (token, nil) }
            let good = state.token.flatMap { now < $0.expiresAt ? $0 : nil }
            return (good, self.renewal(&state))
        }
        if let good { return good.text }
        guard let renewal else { throw CancellationError() }
        return try await renewal.value.text
    }

    /// Forgets a token that an account refused.
    func forget(_ refused: Secret) {
        state.withLock { if $0.token?.text == refused { $0.token = nil } }
    }

    private func renewal(_ state: inout State) -> Task<AccessToken, any Error> {
        if let running = state.renewal { return running }
        state.number += 1
        let number = state.number
        // Unstructured: it serves everyone who waits, so it must not end with the one who came first.
        let started = Task<AccessToken, any Error> { [renew, weak self] in
            do {
                let token = try await renew()
                self?.finish(number, token)
                return token
            } catch {
                self?.finish(number, nil)
                throw error
            }
        }
        state.renewal = started
        return started
    }

    private func finish(_ number: Int, _ token: AccessToken?) {
        state.withLock {
            if let token { $0.token = token }
            if $0.number == number { $0.renewal = nil }
        }
    }
}
