import LinearAlgebra
import Modeling
import Models
import TestSupport
import Testing

@Suite struct CovariateSourcesTests {
  static let rows = Table(
    names: ["s1", "s2", "s3", "s4"],
    columns: [
      NamedColumn("age", .numbers([20, 30, 40, 50])),
      NamedColumn("donor", .strings(["d1", "d2", "d2", "stranger"])),
    ])
  static let genotypes = Genotypes(
    donors: ["d2", "d1", "unused"], variants: Table(names: ["rs1", "rs2", "rs3"]),
    dosages: [2, 1, Genotypes.missing, 0, 1, 2, 1, 0, 0])

  static func sources(_ change: (inout CovariateSources) -> Void) -> CovariateSources {
    var sources = CovariateSources()
    change(&sources)
    return sources
  }

  @Test func columnsMatricesAndGenotypesBecomeOneDesign() throws {
    let sources = Self.sources {
      $0.columns = ["age"]
      $0.matrices = ["obsm/spatial"]
      $0.donorKey = "donor"
    }
    #expect(sources.attachments == Attachments(rowMatrices: ["spatial"]))
    let spatial = NamedMatrix("spatial", width: 2, elements: [1, 2, 3, 4, 5, 7, 9, 1])
    let raw = try sources.covariates(
      rows: Self.rows, matrices: ["spatial": spatial], genotypes: Self.genotypes)
    #expect(raw.map(\.name) == ["age", "spatial_1", "spatial_2", "rs1", "rs2", "rs3"])
    let design = try CovariateDesign(raw, scaling: .none, missing: .drop, isNonnegative: false)
    // rs2 is 1 in both donors; rs3 was observed in one, so that its mean stands for the other.
    #expect(design.names == ["age", "spatial_1", "spatial_2", "rs1"])
    #expect(design.remarks.contains { $0.contains("2 variants") })
    let matrix = try design.matrix(raw, rowCount: 4)
    #expect(Array(matrix.values.row(0)) == [20, 1, 2, 0])
    #expect(Array(matrix.values.row(2)) == [40, 5, 7, 2])
    #expect(matrix.isIncomplete == [false, false, false, true])
    let stored = try CovariateDesign(storedTree: design.storedTree)
    #expect(stored == design && stored.columns.map(\.isGenotype) == [false, false, false, true])
  }

  @Test func whatIsNotThereIsSaidInOneLine() {
    func message(
      _ sources: CovariateSources, genotypes: Genotypes? = nil
    ) -> String {
      do {
        _ = try sources.covariates(rows: Self.rows, matrices: [:], genotypes: genotypes)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message(Self.sources { _ in }).contains("--covariates"))
    #expect(message(Self.sources { $0.matrices = ["spatial"] }).contains("obsm/spatial"))
    let unmatched = message(Self.sources { _ in }, genotypes: Self.genotypes)
    #expect(unmatched.contains("--donor-key") && unmatched.contains("s1"))
    let misspelt = message(Self.sources { $0.donorKey = "donr" }, genotypes: Self.genotypes)
    #expect(misspelt.contains("\"donor\""))
    let twice = message(
      Self.sources {
        $0.columns = ["age"]
        $0.donorKey = "donor"
      },
      genotypes: Genotypes(donors: ["d1"], variants: Table(names: ["age"]), dosages: [1]))
    #expect(twice.contains("twice"))
  }

  @Test func badCovariatesAreRefusedOrRemarkedOn() throws {
    func message(
      _ raw: [RawCovariate], missing: CovariateDesign.Missing = .drop, isNonnegative: Bool = false
    ) -> String {
      do {
        _ = try CovariateDesign(
          raw, scaling: .standardise, missing: missing, isNonnegative: isNonnegative)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message([RawCovariate("a", .numbers([1, 1, 1]))]).contains("constant"))
    #expect(
      message([RawCovariate("a", .levels(codes: [0, 0], names: ["x"]))]).contains("constant"))
    #expect(
      message([RawCovariate("a", .numbers([1, -1, 2]))], isNonnegative: true).contains("prrr"))
    #expect(
      message([RawCovariate("a", .numbers([1, .nan, 2]))], missing: .refuse).contains("--missing"))
    #expect(
      message([RawCovariate("a", .levels(codes: [0, 1, 2], names: ["x", "y", "z"]))])
        .contains("identifier"))

    // Collinear covariates and rows left out are remarks; a rank without reduction is an error.
    let numbers = (0..<12).map { Double($0 * $0 % 7) }
    var data = TestCounts(
      counts: (0..<12).map { row in [Double(row % 3), 0, 2] },
      design: numbers.map { [$0, 2 * $0 + 1, ($0 - 2) * ($0 - 2)] }, covariates: ["a", "b", "c"])
    data.design[3][0] = .nan
    let model = try PRRRFitTests.model(data, rank: 1) { $0.restarts = 1 }
    let fit = try model.fitted(data)
    #expect(fit.state.totals?.emptyRowCount == 0)
    let remarks = model.design.remarks.joined(separator: "\n")
    #expect(remarks.contains("1 of 12 rows") && remarks.contains("collinear"), "\(remarks)")
    #expect(throws: ModelError.self) { try PRRRFitTests.model(data, rank: 4) }
    // The gene without counts stays finite.
    #expect(fit.state.coefficients.geneCoefficients.elements.allSatisfy { $0.isFinite })
  }
}
