package import LakeModel

/// Where tokens of Microsoft Entra come from.
package struct IdentityEndpoints: Hashable, Sendable {
    /// Without a trailing slash.
    package var authority = "https://login.microsoftonline.com"
    /// The metadata service of a virtual machine. It is asked without encryption, and without a proxy.
    package var metadata = "http://169.254.169.254"
    /// What App Service and Functions give their programs instead: `IDENTITY_ENDPOINT`, `IDENTITY_HEADER`.
    package var appService: AppService?

    package struct AppService: Hashable, Sendable {
        package let endpoint: String
        package let header: Secret

        package init(endpoint: String, header: Secret) {
            self.endpoint = endpoint
            self.header = header
        }
    }

    package init() {}

    /// `AZURE_AUTHORITY_HOST`, `AZURE_POD_IDENTITY_AUTHORITY_HOST`, `IDENTITY_ENDPOINT` with
    /// `IDENTITY_HEADER`, as Azure's own clients read them.
    package init(in environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func bare(_ text: String) -> String { text.hasSuffix("/") ? String(text.dropLast()) : text }
        if let host = value("AZURE_AUTHORITY_HOST") {
            authority = bare(host.contains("://") ? host : "https://\(host)")
        }
        if let host = value("AZURE_POD_IDENTITY_AUTHORITY_HOST") { metadata = bare(host) }
        if let endpoint = value("IDENTITY_ENDPOINT"), let header = value("IDENTITY_HEADER") {
            appService = AppService(endpoint: endpoint, header: Secret(header))
        }
    }
}
