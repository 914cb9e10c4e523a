public import Modeling

extension CovariateDesign {
  /// As a fit file states it: one array for each property of the columns.
  public var storedTree: StoredTree {
    let frequent = frequentLevels.keys.sorted()
    return .group([
      "columns": .strings(names), "covariates": .strings(columns.map(\.covariate)),
      "is_level": .flags(columns.map { $0.level != nil }),
      "levels": .strings(columns.map { $0.level ?? "" }),
      "centres": .doubles(columns.map(\.centre), shape: [columns.count]),
      "scales": .doubles(columns.map(\.scale), shape: [columns.count]),
      "substitutes": .doubles(columns.map(\.substitute), shape: [columns.count]),
      "is_genotype": .flags(columns.map(\.isGenotype)), "genotypes": variants.storedTree,
      "missing": .string(missing.rawValue),
      "categories": .strings(frequent),
      "frequent_levels": .strings(frequent.map { frequentLevels[$0] ?? "" }),
    ])
  }

  /// The design that a fit file states.
  ///
  /// - Throws: `ModelError` where a part of it is missing.
  public init(storedTree: StoredTree?) throws(ModelError) {
    guard case .strings(let names)? = storedTree?["columns"],
      case .strings(let covariates)? = storedTree?["covariates"],
      case .flags(let isLevel)? = storedTree?["is_level"],
      case .strings(let levels)? = storedTree?["levels"],
      case .flags(let isGenotype)? = storedTree?["is_genotype"],
      case .doubles(let centres, _)? = storedTree?["centres"],
      case .doubles(let scales, _)? = storedTree?["scales"],
      case .doubles(let substitutes, _)? = storedTree?["substitutes"],
      case .string(let word)? = storedTree?["missing"], let missing = Missing(rawValue: word),
      [
        covariates.count, isLevel.count, levels.count, centres.count, scales.count,
        substitutes.count, isGenotype.count,
      ]
      .allSatisfy({ $0 == names.count })
    else {
      throw ModelError(
        "uns/distfit/design is missing or damaged: without it covariates of new rows cannot be coded. "
          + "Fit again")
    }
    // Fits of earlier versions have names of variants only.
    let variants = [Variant](storedTree: storedTree?["genotypes"]) ?? []
    let variantOfName = Dictionary(
      variants.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    columns = names.indices.map {
      Column(
        name: names[$0], covariate: covariates[$0], level: isLevel[$0] ? levels[$0] : nil,
        centre: centres[$0], scale: scales[$0], substitute: substitutes[$0],
        variant: isGenotype[$0] ? variantOfName[names[$0]] ?? Variant(name: names[$0]) : nil)
    }
    self.missing = missing
    frequentLevels = [:]
    remarks = []
    // A file without categories may lack the two empty arrays.
    if case .strings(let categories)? = storedTree?["categories"],
      case .strings(let frequent)? = storedTree?["frequent_levels"]
    {
      for (category, level) in zip(categories, frequent) { frequentLevels[category] = level }
    }
  }
}
