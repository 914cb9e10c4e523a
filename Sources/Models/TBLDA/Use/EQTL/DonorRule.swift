/// What becomes of a donor's several samples, which share a genotype and much of everything else: counted as independent
/// they would make most of what is found chance.
package enum DonorRule: String, Sendable, CaseIterable {
  /// Several samples of a donor are refused.
  case refuse
  /// The mean of the samples' logarithms of counts per million stands for the donor.
  case mean
  /// The sum of the samples' counts stands for the donor.
  case sum
}
