package import LakeModel

/// What is served, to whom, and within which bounds.
package struct StoreServerSettings: Sendable {
    /// Where a certificate and its key are: PEM files.
    package struct Certificate: Hashable, Sendable {
        package let chain: String
        package let key: String

        package init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }

    package var folder: String
    package var host = "127.0.0.1"
    /// 0 takes a free one.
    package var port = 10_000
    package var account: String
    /// Base64, as Azure gives it out.
    package var key: Secret
    /// Tokens that count as the key, sent as `Authorization: Bearer`: for tests of clients.
    package var tokens: [Secret] = []
    /// Whether anybody may read and list without proof of who he is.
    package var allowsAnonymousReading = false
    package var certificate: Certificate?
    /// Threads of the event loops.
    package var threads = 2
    package var connectionsMax = 1_024
    /// Beyond so many requests at once, clients are told to come back: each holds a file and some memory.
    package var requestsMax = 256
    /// A connection on which nothing is asked for so long is closed.
    package var idleTimeout = Duration.seconds(120)
    /// In each such time a body has to move on by ``progressBytesMin``, or the connection is closed.
    package var progressTimeout = Duration.seconds(30)
    package var progressBytesMin = 4_096
    /// What one request may carry.
    package var bodyBytesMax: Int64 = 5_000 << 20

    package init(folder: String, account: String, key: Secret) {
        self.folder = folder
        self.account = account
        self.key = key
    }
}
