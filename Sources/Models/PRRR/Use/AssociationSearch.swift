import LinearAlgebra

/// The strongest of many associations, gathered one by one.
///
/// Of equals the first ones are kept.
package struct StrongestAssociations: Sendable {
  private let count: Int
  private let z: Double
  private var kept: [(strength: Double, order: Int, association: Association)] = []
  private var added = 0
  /// What an association has to exceed to be among the strongest; −∞ until there are enough of them.
  package private(set) var threshold = -Double.infinity

  /// - Parameters:
  ///   - count: how many are wanted.
  ///   - z: half the width of the intervals in standard deviations, see ``Association/strength(z:)``.
  package init(_ count: Int, z: Double) {
    self.count = count
    self.z = z
  }

  /// Takes in one more.
  package mutating func add(_ association: Association) {
    let strength = association.strength(z: z)
    guard strength > threshold else { return }
    kept.append((strength, added, association))
    added += 1
    if kept.count >= 2 * count + 32 { shorten() }
  }

  /// The strongest, strongest first.
  package mutating func sorted() -> [Association] {
    shorten()
    return kept.map(\.association)
  }

  private mutating func shorten() {
    kept.sort { $0.strength == $1.strength ? $0.order < $1.order : $0.strength > $1.strength }
    guard kept.count >= count else { return }
    kept.removeLast(kept.count - count)
    threshold = kept.last?.strength ?? threshold
  }
}

extension AssociationFit {
  /// The genes that a covariate raises most, and those that it lowers most.
  public struct Markers: Sendable {
    /// Effects above 0, strongest first.
    public let raised: [Association]
    /// Effects below 0, strongest first.
    public let lowered: [Association]
  }

  /// Pairs of a block: memory that does not grow with the data.
  package static let blockSize = 1 << 19

  /// The strongest pairs of all covariates and genes, and the markers of every covariate.
  ///
  /// Goes through the effects block by block: of a fit with thousands of covariates and of genes neither all
  /// effects nor the intervals of those that cannot be among the strongest are ever there.
  /// - Parameters:
  ///   - count: pairs.
  ///   - markerCount: genes of each covariate, in either direction.
  ///   - z: half the width of the intervals in standard deviations.
  public func search(
    _ count: Int, markerCount: Int, z: Double
  ) -> (strongest: [Association], markers: [Markers]) {
    search(count, markerCount: markerCount, z: z, blockSize: Self.blockSize)
  }

  /// Searches the pairs in blocks of so many: for tests of the cutting.
  package func search(
    _ count: Int, markerCount: Int, z: Double, blockSize: Int
  ) -> (strongest: [Association], markers: [Markers]) {
    let effects = AssociationEffects(self)
    var all = StrongestAssociations(count, z: z)
    var markers: [Markers] = []
    for columns in columnBlocks(blockSize) {
      let block = effects.block(columns: columns, genes: 0..<geneCount)
      for column in columns {
        var raised = StrongestAssociations(markerCount, z: z)
        var lowered = StrongestAssociations(markerCount, z: z)
        let row = block.effects.row(column - columns.lowerBound)
        for (gene, effect) in row.enumerated() {
          let isMarker = effect.magnitude > (effect > 0 ? raised : lowered).threshold
          guard isMarker || effect.magnitude > all.threshold else { continue }
          let association = block.association(column, gene)
          all.add(association)
          if effect > 0 { raised.add(association) }
          if effect < 0 { lowered.add(association) }
        }
        markers.append(Markers(raised: raised.sorted(), lowered: lowered.sorted()))
      }
    }
    return (all.sorted(), markers)
  }

  /// The strongest associations of one column of the design.
  public func strongest(_ count: Int, of column: Int, z: Double) -> [Association] {
    var strongest = StrongestAssociations(count, z: z)
    for association in effects(of: column) { strongest.add(association) }
    return strongest.sorted()
  }

  /// The strongest pairs of one factor.
  public func strongest(_ count: Int, factor: Int, z: Double) -> [Association] {
    let effects = AssociationEffects(self, factor: factor)
    let bounds = effects.bounds
    var strongest = StrongestAssociations(count, z: z)
    for columns in columnBlocks(Self.blockSize)
    where columns.contains(where: { bounds[$0] > strongest.threshold }) {
      let block = effects.block(columns: columns, genes: 0..<geneCount)
      for column in columns where bounds[column] > strongest.threshold {
        for (gene, effect) in block.effects.row(column - columns.lowerBound).enumerated()
        where effect.magnitude > strongest.threshold {
          strongest.add(block.association(column, gene))
        }
      }
    }
    return strongest.sorted()
  }

  /// Hands out the effects of all covariates gene by gene, a block of genes at a time.
  public func forEachGene(_ body: (_ gene: Int, _ effects: [Double]) throws -> Void) rethrows {
    let effects = AssociationEffects(self)
    let length = max(1, Self.blockSize / max(covariateCount, 1))
    for start in stride(from: 0, to: geneCount, by: length) {
      let genes = start..<min(start + length, geneCount)
      let block = effects.block(columns: 0..<covariateCount, genes: genes)
      for gene in genes { try body(gene, block.effects.column(gene - start)) }
    }
  }

  private func columnBlocks(_ blockSize: Int) -> [Range<Int>] {
    let length = max(1, blockSize / max(geneCount, 1))
    return stride(from: 0, to: covariateCount, by: length).map {
      $0..<min($0 + length, covariateCount)
    }
  }
}
