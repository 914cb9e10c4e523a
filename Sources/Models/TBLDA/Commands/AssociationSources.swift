import Concurrency
import Fitting
import Modeling
import Models
import Storage

/// What tests are run on, read once for all fits of a sweep and all levels of a column.
struct AssociationSources {
  /// One of the sets of tests that have rates of their own.
  struct Unit {
    /// The fit, by its place; nil without one.
    let fit: Int?
    /// The level of the column that tests are made by; empty without one.
    let level: String
    /// The samples, by their places in `counts`.
    let samples: [Int]
  }

  let options: AssociationOptions
  let counts: SampleCounts
  /// Of all tested donors.
  let genotypes: Genotypes
  let covariates: [Table]
  let positions: GenePositions?
  /// The fits of a sweep, or the one; empty without any.
  let fits: [String]
  /// All sets of tests: by fit, then level.
  let units: [Unit]
  /// What was left out.
  let notes: [String]

  /// Reads all files.
  init(_ options: AssociationOptions) throws {
    self.options = options
    var notes: [String] = []
    let fits = try options.fits()
    let counts = try SampleCounts(options, fits: fits, notes: &notes)
    genotypes = try Self.genotypes(options, donors: Set(counts.donorNames), notes: &notes)
    let known = Set(counts.rows.names).union(counts.donorNames)
    covariates = try options.covariates.map { try Self.covariates($0, of: known, notes: &notes) }
    positions =
      try options.genePositions.map { try GenePositions($0) }
      ?? GenePositions(columns: counts.columns)
    var units: [Unit] = []
    for (index, samples) in counts.samples.enumerated() {
      let fit = fits.isEmpty ? nil : index
      guard let by = options.by else {
        units.append(Unit(fit: fit, level: "", samples: samples))
        continue
      }
      units += try counts.levels(of: samples, by: by, notes: &notes).map {
        Unit(fit: fit, level: $0.name, samples: $0.samples)
      }
    }
    (self.fits, self.counts, self.units, self.notes) = (fits, counts, units, notes)
  }

  /// A table of covariates, whichever way it stands.
  private static func covariates(
    _ path: String, of names: Set<String>, notes: inout [String]
  ) throws -> Table {
    let (table, isTurned) = try TableFile.read(path, about: names)
    if isTurned {
      notes.append("\(path): names samples or donors in its header; its lines are covariates")
    }
    guard table.names.contains(where: names.contains) else {
      throw StorageError(
        file: path,
        problem:
          "names none of the samples or donors, neither in its first column (\(table.names.first ?? "nothing"), …) nor in its header; samples are \(names.min() ?? "none"), …"
      )
    }
    return table
  }

  private static func genotypes(
    _ options: AssociationOptions, donors: Set<String>, notes: inout [String]
  ) throws -> Genotypes {
    let file = try options.genotypeFile()
    let (all, remarks) = try GenotypeFile.read(file, chromosome: options.variantChromosome)
    let request = GenotypeRequest(
      file: file, donorKey: try options.donorColumn(), minimumFrequency: options.minimumFrequency)
    let (chosen, more) = try request.selection(of: all, donors: donors)
    notes += remarks + more
    return chosen
  }

  /// Whether there are several fits: their genes and variants then are what each one's tests are on.
  var isSweep: Bool { fits.count > 1 }

  /// The genes and variants of a fit that are tested; nil: all.
  func features(of fit: Int?) throws -> FittedFeatures? {
    guard let fit, isSweep || options.top != nil else { return nil }
    return try FittedFeatures(fits[fit], top: options.top, on: .local(options.threads))
  }

  /// Leaves a level or fit without enough samples out, where there are others.
  ///
  /// - Throws: `ModelError` where it is the only one.
  func tolerate(_ error: TooFewSamples, _ unit: Unit, log: ProgressLog) throws(ModelError) {
    guard units.count > 1 else { throw ModelError(error.description) }
    log.warning("\(name(of: unit)) is left out: \(error)")
  }

  /// What a unit is called: `points/a=1/fit.h5ad, liver`.
  func name(of unit: Unit) -> String {
    [unit.fit.map { fits[$0] } ?? "", unit.level].filter { !$0.isEmpty }.joined(separator: ", ")
  }
}

/// Samples that do not suffice for tests.
struct TooFewSamples: Error, CustomStringConvertible {
  let description: String
}

/// The genes and variants of a fit, and which of them share a topic.
struct FittedFeatures {
  let genes: Set<String>
  let variants: Set<String>
  /// Where features are tested that rank in a topic.
  let ranked: RankedFeatures?

  init(_ path: String, top: Double?, on workers: Workers) throws {
    let fit = try TBLDAFitFile(path)
    (genes, variants) = (Set(fit.geneNames), Set(fit.variantNames))
    guard let top else {
      ranked = nil
      return
    }
    var ranked = RankedFeatures()
    let residuals = variantResiduals(
      counted: fit.counted, other: fit.other, frequencies: fit.frequencies)
    for (kind, scores, names) in [
      (RankedFeatures.Kind.gene, geneScores(fit.genes, on: workers), fit.geneNames),
      (.variant, residuals, fit.variantNames),
    ] {
      for topic in 0..<scores.rowCount {
        for feature in topFeatures(scores.row(topic).map(abs), fraction: top) {
          ranked.add(names[feature], kind, to: "\(topic + 1)")
        }
      }
    }
    self.ranked = ranked
  }
}
