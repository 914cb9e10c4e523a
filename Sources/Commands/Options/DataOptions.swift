public import Fitting
public import Modeling
public import Storage

/// The data that a model is fitted to: a file, the place of the values in it and, for models of counts and
/// genotypes, these.
public struct DataOptions<Fitted: Model>: ModelConfiguration {
  /// The file with the values.
  public var input = ""
  /// Where its values are.
  public var place = ValuePlace()
  /// Genotypes of the samples' donors.
  public var genotypes = GenotypeOptions()

  /// No data yet.
  public init() {}

  /// The file, which the command needs, and what goes with it.
  public static var settings: [Setting<Self>] { settings(isRequired: true) }

  /// The file and what goes with it.
  public static func settings(isRequired: Bool) -> [Setting<Self>] {
    let isOfGenotypes = Fitted.self is any GenotypeModel.Type
    return [
      .word(
        "input", \.input, "<data.h5ad>",
        "The data: .h5ad, .h5mu, 10x .h5, MatrixMarket, or a table (.tsv, .csv, .gct)."
      ).marked(
        isRequired ? [.operand, .input, .required] : [.operand, .input], alias: "expression")
    ] + settings(of: \.place) + (isOfGenotypes ? settings(of: \.genotypes) : [])
  }

  /// Checks that options that need others have them.
  public func validate() throws(SettingError) { try genotypes.validate() }

  /// The file and the place of the values in it.
  public var source: DataSource { place.source(input) }

  /// What a fit with these settings reads beside the values.
  public func companions(for configuration: Fitted.Configuration) -> [any CompanionInput] {
    [genotypes.input(for: configuration, of: Fitted.self)].compactMap(\.self)
  }
}
