package import LakeModel

/// Something in the lake's files that must be mended by hand, at its place.
///
/// Texts hold what stands in the files, never what a variable was replaced with.
package struct ProjectMistake: Diagnostic, Hashable {
    package let kind: Kind
    package let place: Place?
    package let problem: String
    package let remedy: String

    package var code: String { kind.rawValue }

    /// The codes, each listed in `docs/errors.md`.
    package enum Kind: String, CaseIterable, Sendable {
        case noLake = "project.no-lake"
        case unreadableFile = "project.unreadable-file"
        case strayFile = "project.stray-file"
        case fileName = "project.file-name"
        case syntax = "project.syntax"
        case duplicateKey = "project.duplicate-key"
        case unknownKey = "project.unknown-key"
        case missingKey = "project.missing-key"
        case wrongType = "project.wrong-type"
        case badValue = "project.bad-value"
        case duplicate = "project.duplicate"
        case conflict = "project.conflict"
        case variableUnset = "project.variable-unset"
        case variableSyntax = "project.variable-syntax"
        case secretInFile = "project.secret-in-file"
        case unknownEnvironment = "project.unknown-environment"
        case unknownConnection = "project.unknown-connection"
        case unknownTimeZone = "project.unknown-time-zone"
        case unsupportedStore = "project.unsupported-store"
        case excluded = "project.excluded"
        case missingHeader = "project.missing-header"
        case emptySQL = "project.empty-sql"
        case unknownCheck = "project.unknown-check"
        case unknownColumn = "project.unknown-column"
        case unknownTable = "project.unknown-table"
        case unknownSelection = "project.unknown-selection"
        case badCron = "project.bad-cron"
    }

    package init(_ kind: Kind, at place: Place?, _ problem: String, remedy: String) {
        self.kind = kind
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }
}

/// `: did you mean 'mode'?`, or nothing if no candidate is near.
func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
    nearestName(to: name, among: candidates).map { ": did you mean '\($0)'?" } ?? ""
}

/// Where the mistakes of one loading come together.
final class MistakeList {
    private(set) var all: [ProjectMistake] = []

    func add(_ mistake: ProjectMistake) { all.append(mistake) }

    func add(_ kind: ProjectMistake.Kind, at place: Place?, _ problem: String, remedy: String) {
        all.append(ProjectMistake(kind, at: place, problem, remedy: remedy))
    }
}
