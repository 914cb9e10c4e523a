package import LinearAlgebra
package import Modeling

/// Which donors are relatives, by their genotypes alone, whatever populations they come from.
///
///     kinship_ij = ½ − ¼ (h_i + h_j)/min(h_i, h_j) + (N_het,het − 2 N_opposite)/(2 min(h_i, h_j))
///
/// h_i are donor i's heterozygous genotypes where j's is known, N_opposite the variants where one donor has two
/// copies and the other none. 0.5 for twins, 0.25 for parents and siblings, about 0 or below for strangers.
///
/// Source: A. Manichaikul et al., Robust relationship inference in genome-wide association studies, Bioinformatics
/// 26:2867–2873, 2010, doi:10.1093/bioinformatics/btq559, equation 11.
package struct Kinship: Sendable {
  /// From here on two donors count as relatives: between second and third degree.
  package static let ofRelatives = 0.0884

  /// Donors × donors; 0 on the diagonal.
  package let values: Matrix<Double>
  /// Heterozygous genotypes of each pair, the smaller number: what an estimate rests on.
  private let support: Matrix<Double>

  /// Of all pairs, by at most so many variants, evenly spread.
  package init(_ genotypes: Genotypes, variantLimit: Int = 20_000) {
    let count = genotypes.donorCount
    var both = Matrix<Double>(rowCount: count, columnCount: count)
    var (opposite, heterozygous) = (both, both)
    for variants in spreadVariants(genotypes.variantCount, limit: variantLimit) {
      func indicator(_ isOne: (UInt8) -> Bool) -> Matrix<Double> {
        Matrix(
          rowCount: count, columnCount: variants.count,
          elements: (0..<count).flatMap { donor in
            variants.map { isOne(genotypes[donor, $0]) ? 1 : 0 }
          })
      }
      let one = indicator { $0 == 1 }
      both.add(one.gram())
      opposite.add(
        matrixProduct(
          indicator { $0 == 0 }, indicator { $0 == 2 }, transposing: .second))
      heterozygous.add(matrixProduct(one, indicator { $0 <= 2 }, transposing: .second))
    }
    var (values, support) = (both, both)
    for i in 0..<count {
      for j in 0..<count {
        let least = min(heterozygous[i, j], heterozygous[j, i])
        support[i, j] = least
        let sum = heterozygous[i, j] + heterozygous[j, i]
        values[i, j] =
          i == j || least == 0
          ? 0
          : 0.5 - sum / (4 * least) + (both[i, j] - 2 * (opposite[i, j] + opposite[j, i]))
            / (2 * least)
      }
    }
    self.values = values
    self.support = support
  }

  /// Donors none of whom are relatives: of those with most relatives one after the other is left out.
  ///
  /// Where few genotypes are heterozygous, chance alone gives strangers a kinship: four of its standard deviations,
  /// 1/√h, have to be exceeded too.
  package func unrelated() -> [Int] {
    let count = values.rowCount
    var relatives = (0..<count).map { i in
      Set(
        (0..<count).filter { j in
          values[i, j] > max(Self.ofRelatives, 4 / support[i, j].squareRoot())
        })
    }
    var kept = Set(0..<count)
    while let most = kept.sorted().max(by: { relatives[$0].count < relatives[$1].count }),
      !relatives[most].isEmpty
    {
      kept.remove(most)
      for other in relatives[most] { relatives[other].remove(most) }
      relatives[most] = []
    }
    return kept.sorted()
  }
}

/// At most so many variants, evenly spread, in blocks.
func spreadVariants(_ count: Int, limit: Int) -> [[Int]] {
  let used = min(count, limit)
  let blockSize = 2048
  return stride(from: 0, to: used, by: blockSize).map { start in
    (start..<min(start + blockSize, used)).map { $0 * count / used }
  }
}
