import LinearAlgebra
public import Modeling

extension CovariateDesign {
  /// The most levels that a category may have.
  static let levelLimit = 2000

  /// The name of the covariate that is 1 in every row.
  public static let baseline = "baseline"

  /// Decides on the columns.
  ///
  /// - Parameters:
  ///   - isNonnegative: whether the model needs covariates that are 0 or more (nn-PRRR).
  ///   - addsBaseline: whether a column of ones comes first.
  /// - Throws: `ModelError` for a covariate that is constant, is an identifier rather than a covariate, has a
  ///   missing value where that is refused, or is negative where it may not be.
  public init(
    _ covariates: [RawCovariate], scaling: Scaling, missing: Missing, isNonnegative: Bool,
    addsBaseline: Bool = false
  ) throws(ModelError) {
    var columns: [Column] = []
    if addsBaseline {
      columns.append(
        Column(
          name: Self.baseline, covariate: Self.baseline, level: nil, centre: 0, scale: 1,
          substitute: 1))
    }
    var frequent: [String: String] = [:]
    var constantCount = 0
    for covariate in covariates {
      switch covariate.values {
      case .levels(let codes, let names):
        let coded = try Self.levelColumns(covariate.name, codes, names, missing)
        columns += coded.columns
        frequent[covariate.name] = coded.frequent
      case .numbers(let numbers) where covariate.variant != nil && !Self.varies(numbers):
        constantCount += 1
      case .numbers(let numbers):
        var column = try Self.numberColumn(
          covariate.name, numbers, scaling, missing, isNonnegative)
        column.variant = covariate.variant
        columns.append(column)
      }
    }
    self.columns = columns
    self.missing = missing
    frequentLevels = frequent
    remarks =
      constantCount == 0
      ? [] : ["\(constantCount) variants are the same in all samples and are left out"]
    guard !columns.isEmpty else {
      throw ModelError("no covariate varies: all variants are the same in all samples")
    }
  }

  /// Whether there are two different numbers.
  private static func varies(_ numbers: [Double]) -> Bool {
    let known = numbers.filter(\.isFinite)
    return known.contains { ($0 - known[0]).magnitude > 1e-9 }
  }

  private static func levelColumns(
    _ name: String, _ codes: [Int32], _ names: [String], _ missing: Missing
  ) throws(ModelError) -> (columns: [Column], frequent: String) {
    var counts = Array(repeating: 0, count: names.count)
    var missingCount = 0
    for code in codes {
      if code >= 0 { counts[Int(code)] += 1 } else { missingCount += 1 }
    }
    try refuseMissing(missingCount, name, missing)
    let used = names.indices.filter { counts[$0] > 0 }
    guard used.count > 1 else {
      throw ModelError(
        "--covariates: \"\(name)\" is constant"
          + (used.first.map { " (always \"\(names[$0])\")" } ?? " (always missing)")
          + " and says nothing about any gene; leave it out")
    }
    guard used.count <= levelLimit, used.count < codes.count || codes.count <= 2 else {
      throw ModelError(
        "--covariates: \"\(name)\" has \(used.count) levels for \(codes.count) rows; it looks like "
          + "an identifier. A number that was read as text is meant by \"\(name):number\"")
    }
    let most = used.max { counts[$0] < counts[$1] || (counts[$0] == counts[$1] && $0 > $1) }
    return (
      used.map {
        Column(
          name: "\(name)=\(names[$0])", covariate: name, level: names[$0], centre: 0, scale: 1,
          substitute: 0)
      }, most.map { names[$0] } ?? ""
    )
  }

  private static func numberColumn(
    _ name: String, _ numbers: [Double], _ scaling: Scaling, _ missing: Missing,
    _ isNonnegative: Bool
  ) throws(ModelError) -> Column {
    var count = 0.0
    var sum = 0.0
    for value in numbers where value.isFinite {
      count += 1
      sum += value
    }
    try refuseMissing(numbers.count - Int(count), name, missing)
    let mean = count > 0 ? sum / count : 0
    var squares = 0.0
    var smallest = Double.infinity
    for value in numbers where value.isFinite {
      squares += (value - mean) * (value - mean)
      smallest = min(smallest, value)
    }
    let deviation = count > 0 ? (squares / count).squareRoot() : 0
    guard deviation > 1e-12 * max(1, mean.magnitude) else {
      throw ModelError(
        "--covariates: \"\(name)\" is constant"
          + (count > 0 ? " (always \(mean))" : " (always missing)")
          + " and says nothing about any gene; leave it out")
    }
    if isNonnegative, smallest < 0 {
      throw ModelError(
        "--covariates: \"\(name)\" goes down to \(smallest), but nn-PRRR adds up rates and needs "
          + "covariates of 0 or more; use prrr, or shift it")
    }
    let isScaled = scaling == .standardise && !isNonnegative
    return Column(
      name: name, covariate: name, level: nil, centre: isScaled ? mean : 0,
      scale: isScaled ? deviation : 1, substitute: mean)
  }

  private static func refuseMissing(
    _ count: Int, _ name: String, _ missing: Missing
  ) throws(ModelError) {
    guard count > 0, missing == .refuse else { return }
    throw ModelError(
      "--covariates: \"\(name)\" is missing in \(count) rows; --missing drop leaves them out, "
        + "--missing impute fills in the mean or the most frequent level")
  }

  // MARK: - Coding rows

  /// The design matrix of some rows.
  ///
  /// - Throws: `ModelError` for a level that the fit has not seen, or a covariate that is not there.
  public func matrix(_ covariates: [RawCovariate], rowCount: Int) throws(ModelError) -> DesignMatrix
  {
    var elements = Array(repeating: 0.0, count: rowCount * columns.count)
    var isIncomplete = Array(repeating: false, count: rowCount)
    var isFilledIn = isIncomplete
    let covariateOfName = Dictionary(
      covariates.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var first = 0
    while first < columns.count {
      let name = columns[first].covariate
      let end = columns[first...].firstIndex { $0.covariate != name } ?? columns.count
      if name == Self.baseline, columns[first].level == nil,
        covariateOfName[name] == nil
      {
        for row in 0..<rowCount { elements[row * columns.count + first] = 1 }
        first = end
        continue
      }
      guard let covariate = covariateOfName[name] else {
        throw ModelError("the data have no covariate \"\(name)\", which the fit was made with")
      }
      switch try covariate.values(asLevels: columns[first].level != nil) {
      case .levels(let codes, let names):
        let places = try places(of: names, codes, name, first..<end)
        for row in 0..<rowCount {
          if codes[row] >= 0 {
            elements[row * columns.count + places[Int(codes[row])]] = 1
          } else if missing == .impute,
            let place = columns[first..<end].firstIndex(where: {
              $0.level == frequentLevels[name]
            })
          {
            elements[row * columns.count + place] = 1
            isFilledIn[row] = true
          } else {
            isIncomplete[row] = true
          }
        }
      case .numbers(let numbers):
        let column = columns[first]
        for row in 0..<rowCount {
          let value = numbers[row].isFinite ? numbers[row] : column.substitute
          if !numbers[row].isFinite {
            if missing == .impute { isFilledIn[row] = true } else { isIncomplete[row] = true }
          }
          elements[row * columns.count + first] = (value - column.centre) / column.scale
        }
      }
      first = end
    }
    for row in 0..<rowCount where isIncomplete[row] {
      for column in columns.indices { elements[row * columns.count + column] = 0 }
    }
    return DesignMatrix(
      values: Matrix(rowCount: rowCount, columnCount: columns.count, elements: elements),
      isIncomplete: isIncomplete, filledInCount: isFilledIn.count(where: \.self))
  }

  /// Where each level of the data stands among the columns.
  private func places(
    of names: [String], _ codes: [Int32], _ covariate: String, _ range: Range<Int>
  ) throws(ModelError) -> [Int] {
    var isUsed = Array(repeating: false, count: names.count)
    for code in codes where code >= 0 { isUsed[Int(code)] = true }
    var places = Array(repeating: 0, count: names.count)
    for (index, name) in names.enumerated() where isUsed[index] {
      // The same level may be written as 1 and 1.0, or as True and true.
      let same = columns[range].firstIndex { $0.level == name }
      let alike = columns[range].indices.filter {
        columns[$0].level.map(ValueText.level) == ValueText.level(name)
      }
      guard let place = same ?? (alike.count == 1 ? alike[0] : nil) else {
        let known = columns[range].compactMap(\.level).prefix(12).joined(separator: ", ")
        throw ModelError(
          "covariate \"\(covariate)\" has the level \"\(name)\", which the fit has not seen; "
            + "it knows \(known). Leave these rows out, or fit with them")
      }
      places[index] = place
    }
    return places
  }
}
