package import Project

/// How the gateway serves.
package struct GatewayOptions: Sendable {
    package var serve: ServeDefinition
    /// Threads of the event loops.
    package var threads = 2
    package var connectionsMax = 1_024
    package var streamsMax = 256
    /// A connection on which nothing is asked for so long is closed.
    package var idleTimeout = Duration.seconds(30)
    /// A request's body must be here, and its answer taken, within this time.
    package var transferTimeout = Duration.seconds(30)
    package var bodyBytesMax = 262_144
    /// From one sign of life to the next on a stream of events.
    package var heartbeat = Duration.seconds(15)
    /// Events that one reader may be behind before its stream is ended.
    package var eventsBehindMax = 2_000
    /// For how long figures of the metadata are shown again.
    package var metricsAge = Duration.seconds(5)

    package init(_ serve: ServeDefinition = ServeDefinition()) { self.serve = serve }
}
