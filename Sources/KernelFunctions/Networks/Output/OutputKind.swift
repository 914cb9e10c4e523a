/// A likelihood and a link, as the kernels tell them apart.
///
/// The functions of this folder are generic over what a combination computes; here stands, once, which type that is.
/// Another likelihood or link is a file of its own with such types, a case, and its lines below.
@frozen public struct OutputKind: Sendable, Equatable {
  /// The distribution of a value given its mean.
  @frozen public enum Likelihood: Sendable {
    /// Counts with a dispersion: see `NegativeBinomialTerms`.
    case negativeBinomial
    /// Counts of which some are zero for other reasons: see `ZeroInflatedTerms`.
    case zeroInflatedNegativeBinomial
    /// Counts without dispersion: see `PoissonTerms`.
    case poisson
    /// Real values: see `SquaredErrorTerms`.
    case gaussian
    /// Values in 0…1: see `CrossEntropyTerms`.
    case bernoulli
  }

  /// From logits to the mean per unit of scale.
  @frozen public enum Link: Sendable {
    /// Shares of all genes: see `SoftmaxLink`.
    case softmax
    /// Positive, linear for large logits: see `SoftplusLink`.
    case softplus
    /// Between 0 and 1: see `SigmoidLink`.
    case sigmoid
    /// Zero for negative logits: see `ReluLink`.
    case relu
    /// The logit itself: see `IdentityLink`.
    case identity
  }

  /// The distribution of a value.
  public let likelihood: Likelihood
  /// From logits to means.
  public let link: Link

  /// The two together; nil where they have no kernels.
  public init?(_ likelihood: Likelihood, _ link: Link) {
    let links: [Link] =
      switch likelihood {
      case .negativeBinomial, .zeroInflatedNegativeBinomial, .poisson:
        [.softmax, .softplus, .sigmoid]
      case .gaussian: [.identity, .relu, .sigmoid, .softplus]
      case .bernoulli: [.sigmoid]
      }
    guard links.contains(link) else { return nil }
    self.likelihood = likelihood
    self.link = link
  }

  /// Whether the likelihood has a dispersion.
  @_alwaysEmitIntoClient public var hasDispersion: Bool {
    likelihood == .negativeBinomial || likelihood == .zeroInflatedNegativeBinomial
  }

  /// Whether a second logit of each gene says how likely a zero is no count.
  @_alwaysEmitIntoClient public var isInflated: Bool {
    likelihood == .zeroInflatedNegativeBinomial
  }

  /// Whether values are counts, the larger of which are worked on in double precision.
  @_alwaysEmitIntoClient public var isOfCounts: Bool {
    hasDispersion || likelihood == .poisson
  }

  /// Whether the mean of a gene depends on the logits of all.
  @_alwaysEmitIntoClient public var isNormalised: Bool { link == .softmax }
}

/// What a likelihood with a link computes.
public protocol OutputTerms {
  /// From logits to means.
  associatedtype Link: OutputLink

  /// Derivatives of a tile as if all its values were zero, as `OutputTile` says; the rows' losses.
  ///
  /// - Parameter logSum: with softmax log Σ eᵃ of each row; others do not read it.
  static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale: Floats, logSum: Floats
  ) -> Floats

  /// Replaces the gathered arrays by what sixteen entries change: see `EntryArrays`.
  static func differentiate(_ entries: EntryArrays, _ j: Int)
}

/// What a likelihood of counts computes beside that.
public protocol CountTerms: OutputTerms {
  /// What four long counts change.
  static func differentiateLong(
    logit: Doubles, count: Doubles, scale: Doubles, dispersion: Doubles
  ) -> LongCountTerms

  /// What zero inflation changes for sixteen entries; nothing for likelihoods without.
  static func differentiateInflation(
    _ entries: EntryArrays, _ inflated: InflatedEntries, _ j: Int)
}

extension CountTerms {
  /// Nothing changes without zero inflation.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateInflation(
    _ entries: EntryArrays, _ inflated: InflatedEntries, _ j: Int
  ) {}
}

/// Something to be done for the type of a combination.
public protocol OutputVisitor {
  /// Does it for one type.
  func visit<T: OutputTerms>(_ terms: T.Type)
}

/// Something to be done for the type of a combination of counts.
public protocol CountVisitor {
  /// Does it for one type.
  func visit<T: CountTerms>(_ terms: T.Type)
}

/// Among others, for counts.
@frozen public struct AnyVisitor<Visitor: OutputVisitor>: CountVisitor {
  @usableFromInline let visitor: Visitor

  @_alwaysEmitIntoClient @inline(__always)
  init(_ visitor: Visitor) { self.visitor = visitor }

  /// Does it for one type.
  @_alwaysEmitIntoClient @inline(__always)
  public func visit<T: CountTerms>(_ terms: T.Type) { visitor.visit(terms) }
}

extension OutputKind {
  /// The type of this combination.
  @_alwaysEmitIntoClient @inline(__always)
  public func accept<V: OutputVisitor>(_ visitor: V) {
    switch (likelihood, link) {
    case (.gaussian, .relu): visitor.visit(SquaredErrorTerms<ReluLink>.self)
    case (.gaussian, .sigmoid): visitor.visit(SquaredErrorTerms<SigmoidLink>.self)
    case (.gaussian, .softplus): visitor.visit(SquaredErrorTerms<SoftplusLink>.self)
    case (.gaussian, _): visitor.visit(SquaredErrorTerms<IdentityLink>.self)
    case (.bernoulli, _): visitor.visit(CrossEntropyTerms.self)
    default: acceptCounts(AnyVisitor(visitor))
    }
  }

  /// The type of this combination, which is one of counts.
  @_alwaysEmitIntoClient @inline(__always)
  public func acceptCounts<V: CountVisitor>(_ visitor: V) {
    switch (likelihood, link) {
    case (.zeroInflatedNegativeBinomial, .softmax):
      visitor.visit(ZeroInflatedTerms<SoftmaxLink>.self)
    case (.zeroInflatedNegativeBinomial, .softplus):
      visitor.visit(ZeroInflatedTerms<SoftplusLink>.self)
    case (.zeroInflatedNegativeBinomial, _): visitor.visit(ZeroInflatedTerms<SigmoidLink>.self)
    case (.poisson, .softmax): visitor.visit(PoissonTerms<SoftmaxLink>.self)
    case (.poisson, .softplus): visitor.visit(PoissonTerms<SoftplusLink>.self)
    case (.poisson, _): visitor.visit(PoissonTerms<SigmoidLink>.self)
    case (_, .softmax): visitor.visit(NegativeBinomialTerms<SoftmaxLink>.self)
    case (_, .softplus): visitor.visit(NegativeBinomialTerms<SoftplusLink>.self)
    default: visitor.visit(NegativeBinomialTerms<SigmoidLink>.self)
    }
  }
}
