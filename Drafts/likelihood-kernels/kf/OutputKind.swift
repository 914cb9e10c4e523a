/// A likelihood and a link, as the kernels tell them apart.
///
/// The functions of this folder are generic over what a combination computes; here stands, once, which type that is.
/// Another likelihood or link is a file of its own with such types, a case, and its lines below.
@frozen public struct OutputKind: Sendable, Equatable {
  /// The distribution of a value given its mean.
  @frozen public enum Likelihood: Sendable {
    /// See `NegativeBinomialTerms`.
    case negativeBinomial
    /// See `ZeroInflatedTerms`.
    case zeroInflatedNegativeBinomial
    /// See `PoissonTerms`.
    case poisson
    /// See `SquaredErrorTerms`.
    case gaussian
    /// See `CrossEntropyTerms`.
    case bernoulli
  }

  /// From logits to the mean per unit of scale.
  @frozen public enum Link: Sendable {
    /// See `SoftmaxLink`.
    case softmax
    /// See `SoftplusLink`.
    case softplus
    /// See `SigmoidLink`.
    case sigmoid
    /// See `ReluLink`.
    case relu
    /// See `IdentityLink`.
    case identity
  }

  /// The likelihood.
  public let likelihood: Likelihood
  /// The link.
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

/// What a combination of likelihood and link computes for entries that are not zero.
public protocol EntryTerms {
  /// Replaces the gathered arrays by what sixteen entries change: see `EntryArrays`.
  static func differentiate(_ entries: EntryArrays, _ j: Int)
}

/// What four long counts change.
@frozen public struct LongCountTerms {
  /// ∂ loss/∂ a.
  public var derivative: Doubles
  /// The loss minus that of a zero.
  public var loss: Doubles
  /// What is added to the excess.
  public var excess: Doubles

  /// Memberwise.
  @_alwaysEmitIntoClient @inline(__always)
  public init(derivative: Doubles, loss: Doubles, excess: Doubles) {
    self.derivative = derivative
    self.loss = loss
    self.excess = excess
  }
}

/// A likelihood with a link of one gene's logit.
public protocol SeparateTerms: EntryTerms {
  /// Replaces the logits of a tile by derivatives as if all values were zero; the rows' losses.
  static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale: Floats
  ) -> Floats
}

/// A likelihood with a softmax over all genes.
public protocol NormalisedTerms: EntryTerms {
  /// Replaces the logits of a tile by shares p and writes derivatives by log means v, as if all values were zero; the
  /// rows' losses. `logSum` is log Σ eᵃ of each row.
  static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale: Floats, logSum: Floats
  ) -> Floats
}

/// Something to be done for the type of a combination.
public protocol OutputVisitor {
  /// Does it.
  func visit<T: EntryTerms>(_ terms: T.Type)
}
/// Something to be done for the type of a combination whose link is of one gene.
public protocol SeparateVisitor {
  /// Does it.
  func visit<T: SeparateTerms>(_ terms: T.Type)
}
/// Something to be done for the type of a combination with softmax.
public protocol NormalisedVisitor {
  /// Does it.
  func visit<T: NormalisedTerms>(_ terms: T.Type)
}
/// Something to be done for the type of a link to the mean of counts.
public protocol CountLinkVisitor {
  /// Does it.
  func visit<L: CountLink>(_ link: L.Type)
}
/// Something to be done for the type of a link of one gene.
public protocol LinkVisitor {
  /// Does it.
  func visit<L: OutputLink>(_ link: L.Type)
}

extension OutputKind {
  /// The type of this combination.
  @_alwaysEmitIntoClient @inline(__always)
  public func accept<V: OutputVisitor>(_ visitor: V) {
    switch (likelihood, link) {
    case (.negativeBinomial, .softmax): visitor.visit(NegativeBinomialTerms<SoftmaxLink>.self)
    case (.negativeBinomial, .softplus): visitor.visit(NegativeBinomialTerms<SoftplusLink>.self)
    case (.negativeBinomial, _): visitor.visit(NegativeBinomialTerms<SigmoidLink>.self)
    case (.zeroInflatedNegativeBinomial, .softmax):
      visitor.visit(ZeroInflatedTerms<SoftmaxLink>.self)
    case (.zeroInflatedNegativeBinomial, .softplus):
      visitor.visit(ZeroInflatedTerms<SoftplusLink>.self)
    case (.zeroInflatedNegativeBinomial, _): visitor.visit(ZeroInflatedTerms<SigmoidLink>.self)
    case (.poisson, .softmax): visitor.visit(PoissonTerms<SoftmaxLink>.self)
    case (.poisson, .softplus): visitor.visit(PoissonTerms<SoftplusLink>.self)
    case (.poisson, _): visitor.visit(PoissonTerms<SigmoidLink>.self)
    case (.gaussian, .relu): visitor.visit(SquaredErrorTerms<ReluLink>.self)
    case (.gaussian, .sigmoid): visitor.visit(SquaredErrorTerms<SigmoidLink>.self)
    case (.gaussian, .softplus): visitor.visit(SquaredErrorTerms<SoftplusLink>.self)
    case (.gaussian, _): visitor.visit(SquaredErrorTerms<IdentityLink>.self)
    case (.bernoulli, _): visitor.visit(CrossEntropyTerms.self)
    }
  }

  /// The type of this combination, whose link is of one gene.
  @_alwaysEmitIntoClient @inline(__always)
  public func acceptSeparate<V: SeparateVisitor>(_ visitor: V) {
    switch (likelihood, link) {
    case (.negativeBinomial, .softplus): visitor.visit(NegativeBinomialTerms<SoftplusLink>.self)
    case (.negativeBinomial, _): visitor.visit(NegativeBinomialTerms<SigmoidLink>.self)
    case (.zeroInflatedNegativeBinomial, .softplus):
      visitor.visit(ZeroInflatedTerms<SoftplusLink>.self)
    case (.zeroInflatedNegativeBinomial, _): visitor.visit(ZeroInflatedTerms<SigmoidLink>.self)
    case (.poisson, .softplus): visitor.visit(PoissonTerms<SoftplusLink>.self)
    case (.poisson, _): visitor.visit(PoissonTerms<SigmoidLink>.self)
    case (.gaussian, .relu): visitor.visit(SquaredErrorTerms<ReluLink>.self)
    case (.gaussian, .sigmoid): visitor.visit(SquaredErrorTerms<SigmoidLink>.self)
    case (.gaussian, .softplus): visitor.visit(SquaredErrorTerms<SoftplusLink>.self)
    case (.gaussian, _): visitor.visit(SquaredErrorTerms<IdentityLink>.self)
    case (.bernoulli, _): visitor.visit(CrossEntropyTerms.self)
    }
  }

  /// The type of this combination with softmax.
  @_alwaysEmitIntoClient @inline(__always)
  public func acceptNormalised<V: NormalisedVisitor>(_ visitor: V) {
    switch likelihood {
    case .zeroInflatedNegativeBinomial: visitor.visit(ZeroInflatedTerms<SoftmaxLink>.self)
    case .poisson: visitor.visit(PoissonTerms<SoftmaxLink>.self)
    default: visitor.visit(NegativeBinomialTerms<SoftmaxLink>.self)
    }
  }

  /// The type of the link of one gene.
  @_alwaysEmitIntoClient @inline(__always)
  public func acceptLink<V: LinkVisitor>(_ visitor: V) {
    switch link {
    case .softplus: visitor.visit(SoftplusLink.self)
    case .relu: visitor.visit(ReluLink.self)
    case .identity: visitor.visit(IdentityLink.self)
    case .sigmoid, .softmax: visitor.visit(SigmoidLink.self)
    }
  }

  /// The type of the link to the mean of counts.
  @_alwaysEmitIntoClient @inline(__always)
  public func acceptCountLink<V: CountLinkVisitor>(_ visitor: V) {
    switch link {
    case .softmax: visitor.visit(SoftmaxLink.self)
    case .softplus: visitor.visit(SoftplusLink.self)
    case .sigmoid, .relu, .identity: visitor.visit(SigmoidLink.self)
    }
  }
}
