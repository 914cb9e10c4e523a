public import LinearAlgebra
public import Modeling

/// How covariates become the columns of a design matrix: decided on the data of the fit, applied to any data.
///
///     category c with levels a, b, …:  x = 1 where c is a, else 0;  1 where c is b, else 0;  …
///     number:                          x = (value − centre) / scale
///
/// Every level has its column (no reference level): Gaussian and gamma priors keep coefficients apart.
public struct CovariateDesign: Codable, Sendable, Equatable {
  /// One column of the design matrix.
  public struct Column: Codable, Sendable, Equatable {
    /// What the column is called: `age`, or `cell_type=alpha` for a level of a factor.
    public let name: String
    /// The covariate it was made from.
    public let covariate: String
    /// The level that it indicates; nil for a number.
    public let level: String?
    /// Subtracted from a number.
    public let centre: Double
    /// A number less its centre is divided by this.
    public let scale: Double
    /// What stands for a missing number where missing values are imputed: the mean.
    public let substitute: Double
    /// The variant of the donors that it is; nil for others.
    public internal(set) var variant: Variant?
    /// Whether it is a variant of the donors.
    public var isGenotype: Bool { variant != nil }
  }

  /// What happens to rows with a missing covariate.
  public enum Missing: String, CaseIterable, Codable, Sendable {
    /// They are left out of the fit and counted.
    case drop
    /// The mean of a number, the most frequent level of a category.
    case impute
    /// Missing values end the fit with an error that names the first.
    case refuse
  }

  /// What is done to numbers.
  public enum Scaling: String, CaseIterable, Codable, Sendable {
    /// Mean 0, standard deviation 1.
    case standardise
    /// Columns are used as they are.
    case none
  }

  /// The columns, in the order of the covariates and their levels.
  public let columns: [Column]
  /// What happens to rows with a missing covariate.
  public let missing: Missing
  /// For each category its most frequent level.
  var frequentLevels: [String: String]
  /// Remarks about the covariates that a user should know, one line each.
  public internal(set) var remarks: [String]

  /// The names of the columns.
  public var names: [String] { columns.map(\.name) }
  /// The variants among the columns, with the alleles that are counted.
  public var variants: [Variant] { columns.compactMap(\.variant) }

  /// Whether two designs code data alike.
  public static func == (left: CovariateDesign, right: CovariateDesign) -> Bool {
    left.columns == right.columns && left.missing == right.missing
  }
}

/// Covariates of some rows as numbers.
public struct DesignMatrix: Sendable {
  /// Rows × columns of the design; NaN nowhere: incomplete rows hold zeros.
  public let values: Matrix<Double>
  /// For each row whether a covariate was missing and not imputed.
  public let isIncomplete: [Bool]
  /// Rows in which a missing covariate was filled in.
  public let filledInCount: Int

  /// Rows that cannot be used.
  public var incompleteCount: Int { isIncomplete.count(where: \.self) }
}

/// A covariate before it is coded.
public struct RawCovariate: Sendable {
  /// The values of a covariate: numbers, or levels of a factor.
  public enum Values: Sendable {
    /// Codes into names; −1 is missing.
    case levels(codes: [Int32], names: [String])
    /// Real numbers; NaN is missing.
    case numbers([Double])
  }

  /// What it is called.
  public let name: String
  /// The value of every row.
  public let values: Values
  /// The variant that it is, one of many of which those that do not vary are left out; nil for others.
  let variant: Variant?

  /// A covariate with a value for every row.
  public init(_ name: String, _ values: Values) {
    self.name = name
    self.values = values
    variant = nil
  }

  init(_ variant: Variant, _ dosages: [Double]) {
    name = variant.name
    values = .numbers(dosages)
    self.variant = variant
  }

  /// Covariates from columns of a table.
  ///
  /// Texts, categories and flags are categories, numbers are numbers; `name:category` and `name:number` say
  /// otherwise. `name*` is every column whose name begins so.
  /// - Throws: `ModelError` naming the column and, for a misspelt one, the nearest.
  public static func selected(
    _ names: [String], from table: Table
  ) throws(ModelError) -> [RawCovariate] {
    var result: [RawCovariate] = []
    for word in try expanded(names, from: table) {
      let parts = word.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      let hasKind = parts.count > 1 && ["category", "number"].contains(parts[parts.count - 1])
      let name = hasKind ? parts.dropLast().joined(separator: ":") : word
      // Blanks at the ends of a column's name are lost on the command line.
      let alike = table.columns.filter {
        $0.name.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
          == name
      }
      guard let column = table[name] ?? (alike.count == 1 ? alike[0].column : nil) else {
        let known = table.columns.map(\.name)
        let nearest = nearestName(to: name, among: known).map { "; did you mean \"\($0)\"?" } ?? "."
        throw ModelError(
          "--covariates: obs has no column \"\(name)\"\(nearest) Its columns: "
            + (known.isEmpty ? "none" : known.joined(separator: ", ")))
      }
      if result.contains(where: { $0.name == name }) {
        throw ModelError("--covariates: \"\(name)\" is named twice")
      }
      result.append(
        RawCovariate(name, try values(of: column, name, hasKind ? parts[parts.count - 1] : nil)))
    }
    return result
  }

  /// The words, of which those are joined again that are one column with commas in its name.
  private static func joined(_ words: [String], in table: Table) -> [String] {
    var result: [String] = []
    var first = 0
    while first < words.count {
      var end = first + 1
      var word = words[first]
      if table[word] == nil {
        for last in (first + 1..<max(first + 1, words.count)).reversed() {
          let parts = words[first...last]
          let name = [", ", ","].map { parts.joined(separator: $0) }.first { table[$0] != nil }
          if let name {
            (word, end) = (name, last + 1)
            break
          }
        }
      }
      result.append(word)
      first = end
    }
    return result
  }

  /// The words with every `name*` replaced by the columns that it stands for, in the table's order.
  private static func expanded(
    _ words: [String], from table: Table
  ) throws(ModelError) -> [String] {
    var result: [String] = []
    for word in joined(words, in: table) {
      guard word.hasSuffix("*"), table[word] == nil else {
        result.append(word)
        continue
      }
      let known = table.columns.map(\.name)
      let found = known.filter { $0.hasPrefix(word.dropLast()) }
      guard !found.isEmpty else {
        throw ModelError(
          "--covariates: no column of obs begins with \"\(word.dropLast())\". Its columns: "
            + (known.isEmpty ? "none" : known.joined(separator: ", ")))
      }
      result += found
    }
    return result
  }

  /// Covariates from the columns of a matrix: coordinates, dosages.
  ///
  /// - Parameter names: a name for every column; nil: the matrix's name and a number from 1.
  public static func columns(of matrix: NamedMatrix, names: [String]? = nil) -> [RawCovariate] {
    (0..<matrix.width).map { column in
      let numbers = stride(from: column, to: matrix.elements.count, by: matrix.width).map {
        Double(matrix.elements[$0])
      }
      return RawCovariate(names?[column] ?? "\(matrix.name)_\(column + 1)", .numbers(numbers))
    }
  }

  /// The values as a design has them that was made of other data: whole numbers stand for the levels of their names, texts
  /// for numbers.
  ///
  /// - Throws: `ModelError` where they cannot.
  func values(asLevels: Bool) throws(ModelError) -> Values {
    switch values {
    case .numbers(let numbers) where asLevels:
      guard let (codes, names) = Column.numbers(numbers).asCategories else {
        throw ModelError(
          "covariate \"\(name)\" holds fractions or nothing here, but categories in the fit")
      }
      return .levels(codes: codes, names: names)
    case .levels(let codes, let names) where !asLevels:
      let numbers = names.map(ValueText.number)
      if let place = numbers.firstIndex(of: nil) {
        throw ModelError(
          "covariate \"\(name)\" has \"\(names[place])\", but it is a number in the fit")
      }
      return .numbers(codes.map { $0 < 0 ? .nan : numbers[Int($0)] ?? .nan })
    default: return values
    }
  }

  private static func values(
    of column: Column, _ name: String, _ kind: String?
  ) throws(ModelError) -> Values {
    switch (column, kind) {
    case (.numbers(let numbers), nil), (.numbers(let numbers), "number"):
      return .numbers(numbers)
    case (.integers(let numbers), nil), (.integers(let numbers), "number"):
      return .numbers(numbers.map { $0.map(Double.init) ?? .nan })
    case (.numbers, _):
      guard let coded = column.asCategories else {
        throw ModelError("--covariates: \"\(name)\" holds fractions, which are no categories")
      }
      return .levels(codes: coded.codes, names: coded.names)
    case (_, "number"):
      guard let coded = column.asCategories else { return .numbers([]) }
      let numbers = coded.names.map(ValueText.number)
      if let place = numbers.firstIndex(of: nil) {
        throw ModelError(
          "--covariates: \"\(name)\" holds \"\(coded.names[place])\", which is no number")
      }
      return .numbers(coded.codes.map { $0 < 0 ? .nan : numbers[Int($0)] ?? .nan })
    default:
      let coded = column.asCategories ?? ([], [])
      return .levels(codes: coded.codes, names: coded.names)
    }
  }
}
