public import Modeling

/// The settings of an autoencoder: common ones, and what its decoder is.
public protocol AutoencoderConfiguration: ModelConfiguration {
  /// Settings that all autoencoders have.
  var common: AutoencoderSettings { get set }
  /// What the decoder is made of.
  var decoder: DecoderShape { get }
}

/// What a decoder is made of.
public enum DecoderShape: Sendable, Equatable {
  /// Weighted sums of the latents and the batch.
  case linear(OutputNormalization)
  /// Hidden layers of these widths before the sums.
  case network([Int])
}

/// What a linear decoder has beside its weights.
public enum OutputNormalization: String, CaseIterable, Sendable {
  /// A batch normalisation of each gene's weighted sum, as published.
  case batch
  /// A level for each gene.
  case intercept
  /// Nothing: without batches a gene's level must come from the latents.
  case none
}

/// The settings of `ldvae`.
public struct LDVAEConfiguration: AutoencoderConfiguration {
  /// Settings that all autoencoders have.
  public var common = AutoencoderSettings()
  /// What the decoder has beside its weights.
  public var normalization = OutputNormalization.intercept

  /// Every setting at its default.
  public init() {}

  /// Flags, run-file members and help.
  public static var settings: [Setting<LDVAEConfiguration>] {
    settings(of: \.common) + [
      .choice(
        "normalization", \.normalization,
        "What the linear decoder has beside its weights: a batch normalisation (published), a level for each gene, or nothing."
      )
    ]
  }

  /// A decoder that takes weighted sums of the latents, ended as `normalization` says.
  public var decoder: DecoderShape { .linear(normalization) }

  /// Combinations that cannot be.
  public func validate() throws(SettingError) { try common.validate() }
}

/// The settings of `vae`.
public struct VAEConfiguration: AutoencoderConfiguration {
  /// Settings that all autoencoders have.
  public var common = AutoencoderSettings()
  /// Hidden layers of the decoder.
  public var decoderLayers = 1
  /// Units of each.
  public var decoderHidden = 128

  /// Every setting at its default.
  public init() {}

  /// Flags, run-file members and help.
  public static var settings: [Setting<VAEConfiguration>] {
    settings(of: \.common) + [
      .integer("decoder-layers", \.decoderLayers, in: 1...100, "Hidden layers of the decoder."),
      .integer("decoder-hidden", \.decoderHidden, in: 1...100_000, "Units of each of them."),
    ]
  }

  /// Hidden layers before the weighted sums.
  public var decoder: DecoderShape {
    .network(Array(repeating: decoderHidden, count: decoderLayers))
  }

  /// Combinations that cannot be.
  public func validate() throws(SettingError) { try common.validate() }
}
