import LinearAlgebra
public import Modeling
import Probability
import RealModule

/// Matrices with known networks of rows and columns, and unknown factors of both:
///
///     Ω_k of `PreferentialTree`s = V_k diag(λ_k) V_kᵀ;    Z = V₁ [ε_ij / √(λ₁_i + λ₂_j)] V₂ᵀ,   ε ~ N(0, 1)
///     X_ij = m_ij r_i^s Z_ij c_j^s,   r, c ~ χ²(1),  m ~ Bernoulli(density)
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | s | strength of the noise, 0 for none | `noise` |
/// | m | which entries are not zero | `density` |
///
/// Source: MED-MAGMA paper, section 5.1; MED-MAGMA-NeurIPS2026@6c208ce, synthetic-experiments-paper.ipynb.
public struct KroneckerSimulator: Simulator {
  /// Settings of the simulation.
  public struct Configuration: ModelConfiguration {
    /// d₁, the number of rows.
    public var rows = 100
    /// d₂, the number of columns.
    public var columns = 150
    /// s, the strength of the noise, 0 for none.
    public var noise = 1.0
    /// The fraction of entries that are not zero.
    public var density = 1.0
    /// The seed of all random numbers.
    public var seed = 0

    /// Every setting at its default.
    public init() {}

    /// Flags of `distfit simulate kronecker`.
    public static var settings: [Setting<Configuration>] {
      [
        .integer("rows", \.rows, in: 3...20_000, "Rows (cells)."),
        .integer("columns", \.columns, in: 3...20_000, "Columns (genes)."),
        .number(
          "noise", \.noise, in: 0...10,
          "Power of the factors of rows and columns, drawn from χ²(1); 0: none."),
        .number("density", \.density, in: 0.0001...1, "Fraction of entries that are not zero."),
        .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
      ]
    }
  }

  /// `distfit simulate kronecker`.
  public static let name = "kronecker"
  /// What it makes.
  public static let summary =
    "Real numbers whose rows and columns depend through two random trees, with factors of both."

  /// The simulator makes real numbers of either sign.
  public static let values = ValueKind.reals

  private let configuration: Configuration
  private let trees: (rows: PreferentialTree, columns: PreferentialTree)
  private let factors: (rows: [Double], columns: [Double])
  private let matrix: Matrix<Double>

  /// A simulation of these settings.
  ///
  /// - Throws: `ModelError` where the eigenvalues are not found.
  public init(_ configuration: Configuration) throws(ModelError) {
    self.configuration = configuration
    let random = RandomSource(seed: UInt64(configuration.seed))
    let (rowCount, columnCount) = (configuration.rows, configuration.columns)
    trees = (
      PreferentialTree(vertexCount: rowCount, random: random, purpose: "row tree"),
      PreferentialTree(vertexCount: columnCount, random: random, purpose: "column tree")
    )
    func factors(_ purpose: RandomPurpose, _ count: Int) -> [Double] {
      var stream = random.stream(purpose)
      return (0..<count).map { _ in
        .pow(stream.chiSquare(degreesOfFreedom: 1), configuration.noise)
      }
    }
    self.factors = (factors("row factors", rowCount), factors("column factors", columnCount))
    do {
      let rows = try SymmetricEigen(trees.rows.precision)
      let columns = try SymmetricEigen(trees.columns.precision)
      var z = Matrix<Double>(rowCount: rowCount, columnCount: columnCount)
      for row in 0..<rowCount {
        var stream = random.stream("simulated values", index: row)
        z.setRow(
          row,
          to: columns.values.map {
            stream.normal() / (rows.values[row] + $0).squareRoot()
          })
      }
      matrix = matrixProduct(
        matrixProduct(rows.vectors, z), columns.vectors, transposing: .second)
    } catch {
      throw ModelError("the networks' eigenvalues: \(error)")
    }
  }

  /// d₁, the number of rows.
  public var rowCount: Int { configuration.rows }

  /// Gene names and true factors c.
  public var columns: Table {
    Table(
      names: (0..<configuration.columns).map { "gene\($0)" },
      columns: [
        NamedColumn(
          "true_factor", .numbers(factors.columns))
      ])
  }

  /// The edges of both trees, and the settings.
  public var truth: StoredTree {
    func edges(_ tree: PreferentialTree) -> StoredTree {
      .integers(
        tree.edges.flatMap { [Int64($0.parent), Int64($0.child)] }, shape: [tree.parents.count, 2])
    }
    return .group([
      "settings": configuration.storedTree, "row_edges": edges(trees.rows),
      "column_edges": edges(trees.columns),
    ])
  }

  /// Rows of X.
  ///
  /// Local.
  public func rows(_ range: Range<Int>) -> SimulatedRows {
    let random = RandomSource(seed: UInt64(configuration.seed))
    var values: [Float] = []
    for row in range {
      var stream = random.stream("simulated zeros", index: row)
      for (z, factor) in zip(matrix.row(row), factors.columns) {
        let isThere = configuration.density == 1 || stream.uniform() < configuration.density
        values.append(isThere ? Float(factors.rows[row] * z * factor) : 0)
      }
    }
    return SimulatedRows(
      table: Table(
        names: range.map { "cell\($0)" },
        columns: [NamedColumn("true_factor", .numbers(range.map { factors.rows[$0] }))]),
      reals: values, matrices: [])
  }
}
