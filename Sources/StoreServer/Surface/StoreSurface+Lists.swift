internal import ADLS
internal import Blocking
internal import LakeModel

/// Lists of all kinds, a page at a time.
extension StoreSurface {
    static let pageMax: Int64 = 5_000

    private func entriesMax(_ request: StoreRequest) throws(StorageFailure) -> Int {
        Int(min(Self.pageMax, try request.number("maxresults", in: 1...Int64(Int32.max)) ?? Self.pageMax))
    }

    private func after(_ token: String?) throws(StorageFailure) -> String? {
        guard let token else { return nil }
        guard let continuation = Continuation(token: token) else {
            throw StorageFailure(.invalidQueryParameter, "The continuation is none of this server's.")
        }
        return continuation.after
    }

    // MARK: dfs

    func listPaths(_ request: StoreRequest) async throws -> StoreAnswer {
        let target = request.target
        let listing = Listing(
            folder: try StorageAddress.path(target["directory"] ?? ""),
            isRecursive: request.flag("recursive"),
            showsFolders: true, after: try after(target.text("continuation")), from: nil,
            entriesMax: try entriesMax(request), wantsProperties: true)
        let folder = folder
        let page = try await pool.run {
            try folder.requireFilesystem(request.address, .filesystemNotFound)
            guard let page = try folder.list(request.address.filesystem ?? "", listing) else {
                throw StorageFailure(.pathNotFound, "The specified path does not exist.")
            }
            return page
        }
        var text = #"{"paths":["#
        for (index, entry) in page.entries.enumerated() {
            if index > 0 { text += "," }
            text += Self.json(entry)
        }
        text += "]}"
        var answer = StoreAnswer.text(text, type: "application/json;charset=utf-8")
        if let next = page.next { answer.add(HeaderName.continuation, Continuation(after: next).token) }
        return answer
    }

    private static func json(_ entry: ListedEntry) -> String {
        let properties = entry.properties
        // Ticks of 100 nanoseconds since 1601.
        let ticks = entry.status.modifiedNanoseconds / 100 + 116_444_736_000_000_000
        var text = #"{"contentLength":"\#(entry.status.size)","creationTime":"\#(ticks)","#
        text += #""etag":\#(JSONText.quoted(entry.status.version)),"#
        text += #""group":\#(JSONText.quoted(properties.groupShown)),"#
        if entry.status.isFolder { text += #""isDirectory":"true","# }
        text += #""lastModified":"\#(HTTPDate.text(entry.status.modifiedAt))","#
        text += #""name":\#(JSONText.quoted(entry.path)),"owner":\#(JSONText.quoted(properties.ownerShown)),"#
        text += #""permissions":\#(JSONText.quoted(properties.permissionsShown(entry.status)))}"#
        return text
    }

    func listFilesystems(_ request: StoreRequest) async throws -> StoreAnswer {
        let (found, next) = try await filesystems(request, marker: request.target.text("continuation"))
        let entries = found.map {
            #"{"etag":\#(JSONText.quoted($0.status.version)),"lastModified":"\#(HTTPDate.text($0.status.modifiedAt))","#
                + #""name":\#(JSONText.quoted($0.path))}"#
        }
        var answer = StoreAnswer.text(
            #"{"filesystems":[\#(entries.joined(separator: ","))]}"#, type: "application/json;charset=utf-8")
        if let next { answer.add(HeaderName.continuation, next) }
        return answer
    }

    private func filesystems(_ request: StoreRequest, marker: String?) async throws -> (
        [ListedEntry], next: String?
    ) {
        let (folder, prefix) = (folder, request.target["prefix"] ?? "")
        let (after, count) = (try after(marker), try entriesMax(request))
        let all = try await pool.run { try folder.filesystems() }
        let rest = all.filter { $0.path.hasPrefix(prefix) && (after == nil || $0.path > after ?? "") }
        let page = Array(rest.prefix(count))
        return (page, rest.count > count ? page.last.map { Continuation(after: $0.path).token } : nil)
    }

    // MARK: Blob

    func listContainers(_ request: StoreRequest) async throws -> StoreAnswer {
        let marker = request.target.text("marker")
        let (found, next) = try await filesystems(request, marker: marker)
        var text = Self.beginning(request, container: nil, endpoint: endpoint(request))
        text += Self.element("Prefix", request.target["prefix"]) + Self.element("Marker", marker)
        text += Self.maxResults(request) + "<Containers>"
        for entry in found {
            text += "<Container><Name>\(XMLText.escaped(entry.path))</Name><Properties>"
            text += "<Last-Modified>\(HTTPDate.text(entry.status.modifiedAt))</Last-Modified>"
            text += "<Etag>\(XMLText.escaped(entry.status.etag))</Etag><LeaseStatus>unlocked</LeaseStatus>"
            text += "<LeaseState>available</LeaseState><HasImmutabilityPolicy>false</HasImmutabilityPolicy>"
            text += "<HasLegalHold>false</HasLegalHold></Properties>"
            if (request.target["include"] ?? "").contains("metadata") {
                text += Self.metadata(entry.properties)
            }
            text += "</Container>"
        }
        text += "</Containers><NextMarker>\(next ?? "")</NextMarker></EnumerationResults>"
        return .text(text, type: "application/xml")
    }

    /// Folders are left out of a flat list: clients take them for empty files. With a delimiter they are the
    /// prefixes.
    func listBlobs(_ request: StoreRequest) async throws -> StoreAnswer {
        let target = request.target
        let prefix = target["prefix"] ?? ""
        let delimiter = target.text("delimiter")
        guard delimiter == nil || delimiter == "/" else {
            throw StorageFailure(.invalidQueryParameter, "The delimiter is / with directories.")
        }
        let marker = target.text("marker")
        let folderPath = try? StorageAddress.path(Self.folder(ofPrefix: prefix))
        let name = String(
            prefix[(prefix.lastSlash.map { prefix.utf8.index(after: $0) } ?? prefix.startIndex)...])
        let include = (target["include"] ?? "").split(separator: ",").map { $0.lowercased() }
        let (folder, shows) = (folder, target.text("showonly")?.lowercased())
        let after = try after(marker)
        let listing = try folderPath.map { path throws(StorageFailure) in
            Listing(
                folder: path, namePrefix: name, isRecursive: delimiter == nil,
                showsFolders: delimiter != nil || shows == "directories", after: after,
                from: target.text("startfrom"), entriesMax: try entriesMax(request), wantsProperties: true)
        }
        let page = try await pool.run {
            try folder.requireFilesystem(request.address, .containerNotFound)
            // A prefix that no path can have has no blobs.
            return try listing.flatMap { try folder.list(request.address.filesystem ?? "", $0) }
                ?? ListedPage()
        }
        var text = Self.beginning(request, container: request.address.filesystem, endpoint: endpoint(request))
        text += Self.element("Prefix", prefix) + Self.element("Marker", marker)
        text += Self.maxResults(request) + Self.element("Delimiter", delimiter)
        text += "<Blobs>"
        for entry in page.entries {
            if entry.status.isFolder, delimiter != nil {
                text += "<BlobPrefix><Name>\(XMLText.escaped(entry.path))/</Name></BlobPrefix>"
            } else if shows != "directories" || entry.status.isFolder {
                text += blob(entry, withMetadata: include.contains("metadata"))
            }
        }
        let next = page.next.map { Continuation(after: $0).token } ?? ""
        text += "</Blobs><NextMarker>\(next)</NextMarker></EnumerationResults>"
        return .text(text, type: "application/xml")
    }

    private func blob(_ entry: ListedEntry, withMetadata: Bool) -> String {
        let (status, properties) = (entry.status, entry.properties)
        let date = HTTPDate.text(status.modifiedAt)
        var text = "<Blob><Name>\(XMLText.escaped(entry.path))</Name><Properties>"
        text += "<Creation-Time>\(date)</Creation-Time><Last-Modified>\(date)</Last-Modified>"
        text +=
            "<Etag>\(status.version)</Etag><ResourceType>\(status.isFolder ? "directory" : "file")</ResourceType>"
        text += "<Content-Length>\(status.size)</Content-Length>"
        text += "<Content-Type>\(XMLText.escaped(properties.contentType))</Content-Type>"
        for (name, header) in [
            ("Content-Encoding", HeaderName.contentEncoding),
            ("Content-Language", HeaderName.contentLanguage),
            ("Content-MD5", HeaderName.contentMD5), ("Cache-Control", HeaderName.cacheControl),
            ("Content-Disposition", HeaderName.contentDisposition),
        ] { text += Self.element(name, properties.headers[header]) }
        text += "<BlobType>\(properties.isAppendBlob ? "AppendBlob" : "BlockBlob")</BlobType>"
        text += "<AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred>"
        text += "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
        text += "<ServerEncrypted>true</ServerEncrypted></Properties>"
        if withMetadata { text += Self.metadata(properties, isFolder: status.isFolder) }
        return text + "</Blob>"
    }

    private func endpoint(_ request: StoreRequest) -> String {
        StorageAddress.names(request.host, settings.account)
            ? "\(request.endpoint)/" : "\(request.endpoint)/\(settings.account)/"
    }

    private static func beginning(_ request: StoreRequest, container: String?, endpoint: String) -> String {
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"\(XMLText.escaped(endpoint))\""
            + (container.map { " ContainerName=\"\(XMLText.escaped($0))\"" } ?? "") + ">"
    }

    /// Clients that read it as a number cannot read an empty one.
    private static func maxResults(_ request: StoreRequest) -> String {
        request.target.text("maxresults").map { element("MaxResults", $0) } ?? ""
    }

    private static func element(_ name: String, _ value: String?) -> String {
        guard let value, !value.isEmpty else { return "<\(name) />" }
        return "<\(name)>\(XMLText.escaped(value))</\(name)>"
    }

    private static func metadata(_ properties: FileProperties, isFolder: Bool = false) -> String {
        var text = "<Metadata>"
        for pair in properties.metadata where isElement(pair.name) {
            text += "<\(pair.name)>\(XMLText.escaped(pair.value))</\(pair.name)>"
        }
        if isFolder { text += "<hdi_isfolder>true</hdi_isfolder>" }
        return text + "</Metadata>"
    }

    private static func isElement(_ name: String) -> Bool {
        name.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0"..."9" ~= $0 || $0 == "_")
        }
            && !(name.first?.isNumber ?? true)
    }
}

extension FileProperties {
    var contentType: String { headers[HeaderName.contentType] ?? Self.typeByDefault }
    var ownerShown: String { owner.isEmpty ? "$superuser" : owner }
    var groupShown: String { group.isEmpty ? "$superuser" : group }

    func permissionsShown(_ status: FileStatus) -> String {
        permissions.isEmpty ? (status.isFolder ? "rwxr-x---" : "rw-r-----") : permissions
    }
}
