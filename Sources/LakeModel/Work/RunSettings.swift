/// How a run is carried out, as it was asked for; kept with the run, so that any worker does the same.
package struct RunSettings: Hashable, Sendable, Codable {
    /// Whether assets are built although nothing changed.
    package var isForced = false
    /// Whether incremental tables are read from the beginning.
    package var isFullRefresh = false
    /// Whether columns may have gone from the sources.
    package var acceptsSchemaChange = false

    package init(isForced: Bool = false, isFullRefresh: Bool = false, acceptsSchemaChange: Bool = false) {
        self.isForced = isForced
        self.isFullRefresh = isFullRefresh
        self.acceptsSchemaChange = acceptsSchemaChange
    }
}

extension RunSettings {
    /// What is not there is as if it had not been asked for: later versions know more.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func flag(_ key: CodingKeys) throws -> Bool {
            try values.decodeIfPresent(Bool.self, forKey: key) ?? false
        }
        self.init(
            isForced: try flag(.isForced), isFullRefresh: try flag(.isFullRefresh),
            acceptsSchemaChange: try flag(.acceptsSchemaChange))
    }
}
