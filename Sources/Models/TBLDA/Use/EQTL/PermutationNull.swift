public import Concurrency
public import LinearAlgebra
import Metrics
public import Probability

/// Linear tests with donors' genotypes dealt out anew: what an ``EQTLMapping`` finds when nothing
/// is there.
///
/// The donors are permuted, not the samples: samples of one donor keep sharing their genotype, and covariates
/// stay with the samples.
public struct PermutationNull: Sendable {
  /// The tests of one permutation.
  public struct Round: Sendable {
    /// Discoveries at the rate asked for.
    public let discoveryCount: Int
    /// log of the smallest p value; NaN without tests.
    public let smallestLogP: Double
  }

  /// What each permutation gave.
  public let rounds: [Round]
  /// For every gene the chance, from the permutations, of its strongest correlation; NaN without tests.
  ///
  ///     p_g = (1 + permutations whose largest |r| is at least the observed one) / (1 + permutations)
  public let genePValues: [Double]

  /// Runs the permutations.
  ///
  /// - Parameters:
  ///   - mapping: the tests as they are.
  ///   - observed: what they gave.
  ///   - dosages: variants × donors.
  ///   - donors: the donor of each sample.
  /// - Throws: `LinearAlgebraError` where a dosage is not finite.
  public init(
    _ mapping: EQTLMapping, observed: EQTLMapping.Result, dosages: Matrix<Double>, donors: [Int],
    count: Int, rate: Double, random: RandomSource, on workers: Workers
  ) throws(LinearAlgebraError) {
    var rounds: [Round] = []
    var exceeding = [Int](repeating: 0, count: observed.strongest.count)
    for index in 0..<count {
      var stream = random.stream("donor permutation", index: index)
      let order = stream.permutation(count: dosages.columnCount)
      let permuted = EQTLMapping(
        try LinearAssociation(
          mapping.association,
          replacingPredictorsBy: dosages.selectingColumns(donors.map { order[$0] })),
        tested: mapping.tested, families: mapping.families,
        separatingPlaces: mapping.separatingPlaces)
      let result = permuted.run(rate: rate, on: workers)
      for (gene, strongest) in result.strongest.enumerated()
      where strongest >= observed.strongest[gene] {
        exceeding[gene] += 1
      }
      let largest = result.strongest.filter { !$0.isNaN }.max()
      rounds.append(
        Round(
          discoveryCount: result.discoveries.count,
          smallestLogP: largest.map { permuted.association.logPValue(correlation: $0) } ?? .nan))
    }
    self.rounds = rounds
    genePValues = zip(exceeding, observed.strongest).map { exceeding, strongest in
      strongest.isNaN ? .nan : Double(1 + exceeding) / Double(1 + count)
    }
  }
}
