// swift-tools-version: 6.2
import PackageDescription

// A target may import only targets of lower rows (docs/architecture.md); TidyTests check it.
// `scripts/setup` puts libduckdb under .deps/duckdb.
let duckDBLibraries = "\(Context.packageDirectory)/.deps/duckdb/lib"

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    // Debug builds, and with them all tests, check at run time that accesses do not overlap; per value of a
    // billion rows it is too dear.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbird = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nio: [Target.Dependency] = [
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// - Parameter isAlwaysOptimized: Also in debug builds: a hundred thousand simulated nights are tests, too.
func ours(
    _ name: String, _ dependencies: [Target.Dependency] = [], linker: [LinkerSetting] = [],
    isAlwaysOptimized: Bool = false
) -> Target {
    .target(
        name: name, dependencies: dependencies,
        swiftSettings: settings
            + (isAlwaysOptimized ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : []),
        linkerSettings: linker)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], without: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies, exclude: without,
        swiftSettings: settings)
}

let package = Package(
    name: "tarn",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // bindings
        .systemLibrary(name: "CDuckDB"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CMariaDB"),
        .systemLibrary(name: "CPostgres"),
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "CZlib"),
        .target(name: "CTemplates"),
        // base
        ours("Blocking"),
        ours("Terminal"),
        // engines
        ours(
            "DuckDB", ["CDuckDB", "Blocking"],
            linker: [
                .unsafeFlags([
                    "-L\(duckDBLibraries)", "-Xlinker", "-rpath", "-Xlinker", duckDBLibraries,
                    "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib",
                ])
            ]),
        ours("MySQL", ["CMariaDB", "Blocking"]),
        ours("Postgres", ["CPostgres", "Blocking"]),
        ours("SQLite", ["CSQLite", "Blocking"]),
        // domain
        ours("LakeModel", isAlwaysOptimized: true),
        // protocols
        ours("ADLS", ["LakeModel", crypto]),
        ours(
            "ADLSClient",
            [
                "ADLS", "Blocking", "CMalloc", "LakeModel", crypto, httpClient,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        // services
        ours(
            "LakeStore",
            [
                "ADLS", "ADLSClient", "Blocking", "CLinux", "LakeModel", crypto,
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        ours("Metadata", ["LakeModel", "Blocking", "Postgres", grdb]),
        ours("Project", ["ADLS", "Blocking", "LakeModel", yams]),
        // session
        ours("LakeSQL", ["Blocking", "DuckDB", "LakeModel", "LakeStore", crypto]),
        // capabilities
        ours(
            "Extraction",
            [
                "Blocking", "CZlib", "DuckDB", "LakeModel", "LakeStore", "MySQL", "Postgres", "Project",
                "SQLite",
                crypto,
            ]),
        ours("Transform", ["Blocking", "DuckDB", "LakeModel", "LakeSQL", "LakeStore", "Project"]),
        ours("Quality", ["DuckDB", "LakeModel"]),
        ours("SampleData", ["Blocking", "DuckDB", "LakeModel", "MySQL", "SQLite"]),
        // control
        ours(
            "Orchestrator",
            [
                "ADLS", "ADLSClient", "Blocking", "CMalloc", "DuckDB", "Extraction", "LakeModel", "LakeSQL",
                "LakeStore", "Metadata", "Postgres", "Project", "Quality", "Transform", crypto, httpClient,
                logging,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        // faces
        ours(
            "Gateway",
            [
                "LakeModel", "LakeSQL", "Metadata", "Orchestrator", "Project", "Transform", crypto,
                hummingbird, lifecycle, logging,
            ] + nio),
        ours(
            "StoreServer",
            [
                "ADLS", "Blocking", "CLinux", "LakeModel", crypto, hummingbird, hummingbirdTLS, lifecycle,
                logging,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ] + nio),
        ours(
            "Commands",
            [
                "ADLS", "Blocking", "CTemplates", "DuckDB", "Extraction", "Gateway", "LakeModel", "LakeSQL",
                "LakeStore", "Metadata", "MySQL", "Orchestrator", "Project", "SampleData", "StoreServer",
                "Terminal", "Transform", argumentParser, lifecycle, logging,
            ]),
        .executableTarget(name: "tarn", dependencies: ["Commands"], swiftSettings: settings),
        // not shipped
        ours(
            "TarnTesting",
            [
                "ADLS", "Blocking", "LakeModel", "LakeStore", "Metadata", "MySQL", "StoreServer", lifecycle,
                logging,
            ] + nio,
            isAlwaysOptimized: true),
        tests(of: "ADLS", ["LakeModel"], without: ["make_vectors.py", "vectors.json"]),
        tests(of: "ADLSClient", ["ADLS", "LakeModel", "StoreServer", "TarnTesting"]),
        tests(of: "DuckDB", ["Blocking"]),
        tests(
            of: "Extraction",
            [
                "Blocking", "DuckDB", "LakeModel", "LakeSQL", "LakeStore", "MySQL", "Postgres", "Project",
                "SQLite", "TarnTesting",
            ]),
        tests(
            of: "Gateway",
            [
                "Blocking", "LakeModel", "Metadata", "Orchestrator", "Postgres", "Project", "SQLite",
                "TarnTesting",
                lifecycle, logging,
            ] + nio),
        tests(of: "LakeModel"),
        tests(of: "LakeSQL", ["DuckDB", "LakeModel", "LakeStore", "TarnTesting"]),
        tests(
            of: "LakeStore",
            ["ADLS", "ADLSClient", "Blocking", "LakeModel", "StoreServer", "TarnTesting", lifecycle, logging]),
        tests(of: "Metadata", ["Blocking", "LakeModel", "Postgres", "TarnTesting", grdb]),
        tests(of: "MySQL", ["Blocking", "TarnTesting"]),
        tests(of: "Postgres", ["Blocking", "TarnTesting"]),
        tests(
            of: "Orchestrator",
            [
                "Blocking", "DuckDB", "Extraction", "LakeModel", "LakeSQL", "LakeStore", "Metadata", "MySQL",
                "Project", "SQLite", "TarnTesting", "Transform", logging,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests(of: "Project", ["LakeModel"]),
        tests(of: "Quality", ["DuckDB", "LakeModel"]),
        tests(of: "SampleData", ["Blocking", "DuckDB", "LakeModel", "MySQL", "SQLite", "TarnTesting", yams]),
        tests(of: "SQLite"),
        tests(
            of: "StoreServer", ["ADLS", "Blocking", "LakeModel", "TarnTesting", lifecycle, logging] + nio),
        tests(of: "Terminal"),
        tests(of: "Transform", ["DuckDB", "LakeModel", "LakeSQL", "LakeStore", "Project", "TarnTesting"]),
        // They drive the built program, and read the repository.
        .testTarget(
            name: "SystemTests", dependencies: ["MySQL", "TarnTesting", "tarn"], exclude: ["StoreClients"],
            swiftSettings: settings),
        .testTarget(name: "TidyTests", swiftSettings: settings),
    ]
)
