package import Concurrency
package import LinearAlgebra
package import Modeling

/// The topics of one fit over genes, or over variants.
package struct FittedLoadings: Sendable {
  /// The fit's file, by which members of components are named.
  package let path: String
  /// Names of the genes or variants.
  package let features: [String]
  /// Topics × features.
  package private(set) var loadings: Matrix<Double>
  /// The variants, where these are features; empty for genes.
  package let variants: [Variant]

  /// Topics of a fit.
  package init(
    path: String, features: [String], loadings: Matrix<Double>, variants: [Variant] = []
  ) {
    self.path = path
    self.features = features
    self.loadings = loadings
    self.variants = variants
  }

  /// Lets loadings of variants be of the alleles that another fit with the same variants counts: λ becomes 1 − λ where
  /// they are exchanged.
  ///
  /// - Throws: `ModelError` where the alleles are others.
  package mutating func count(allelesOf first: FittedLoadings) throws(ModelError) {
    guard !variants.isEmpty else { return }
    let alignment = try VariantAlignment(
      of: first.variants, asker: first.path, in: variants, file: path)
    for (place, isSwapped) in alignment.isSwapped.enumerated() where isSwapped {
      for topic in 0..<loadings.rowCount {
        loadings[topic, place] = 1 - loadings[topic, place]
      }
    }
  }
}

/// Robust components of all groups of fits that share their features.
package struct RobustLoadings: Sendable {
  /// When components of several fits are one.
  package struct Rule: Sendable {
    let similarity: RobustComponents.Similarity
    let threshold: Double
    let minimumRuns: Int
    let merge: Double

    /// A rule.
    ///
    /// - Parameters:
    ///   - threshold: similarity above which components agree.
    ///   - minimumRuns: other fits that have to have a similar component.
    ///   - merge: r² above which averages are merged.
    package init(
      similarity: RobustComponents.Similarity, threshold: Double, minimumRuns: Int, merge: Double
    ) {
      self.similarity = similarity
      self.threshold = threshold
      self.minimumRuns = minimumRuns
      self.merge = merge
    }
  }

  /// A row for each component: its name, how many topics it is the mean of, and which.
  package private(set) var rows = Table(names: [])
  /// All features of the fits.
  package private(set) var features: [String] = []
  /// Components × features; 0 for features of other fits.
  package private(set) var values: [Double] = []

  /// Finds what is robust in each group of fits.
  ///
  /// - Throws: `ModelError` where fits of the same variants have other alleles.
  package init(
    _ runs: [FittedLoadings], _ rule: Rule, on workers: Workers
  ) throws(ModelError) {
    let groups = try Self.groups(runs)
    var place: [String: Int] = [:]
    for name in groups.flatMap({ $0[0].features }) where place[name] == nil {
      place[name] = features.count
      features.append(name)
    }
    var (names, sizes, members) = ([String](), [Int64?](), [String?]())
    for group in groups {
      let found = RobustComponents(
        group.map(\.loadings), similarity: rule.similarity, threshold: rule.threshold,
        minimumRuns: rule.minimumRuns, mergeAbove: rule.merge, on: workers)
      for component in found.components {
        names.append("component\(names.count)")
        sizes.append(Int64(component.members.count))
        members.append(
          component.members.map { "\(group[$0.run].path):\($0.component + 1)" }.joined(
            separator: " "))
        var row = [Double](repeating: 0, count: features.count)
        for (name, value) in zip(group[0].features, component.loadings) {
          if let place = place[name] { row[place] = value }
        }
        values += row
      }
    }
    rows = Table(
      names: names,
      columns: [NamedColumn("members", .integers(sizes)), NamedColumn("topics", .strings(members))])
  }

  /// Fits of the same features, in the order of their first ones.
  private static func groups(
    _ runs: [FittedLoadings]
  ) throws(ModelError) -> [[FittedLoadings]] {
    var groups: [[FittedLoadings]] = []
    for var run in runs {
      if let place = groups.firstIndex(where: { $0[0].features == run.features }) {
        try run.count(allelesOf: groups[place][0])
        groups[place].append(run)
      } else {
        groups.append([run])
      }
    }
    return groups
  }
}
