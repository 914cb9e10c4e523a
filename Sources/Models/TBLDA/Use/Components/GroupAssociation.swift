/// How much of each topic the samples of each group have.
///
///     s_tk = Σ_{l in group t} E[φ_lk]        m_tk = s_tk / |t|
///
/// The paper calls a topic associated with a tissue where s > 40, which depends on how many samples the tissue
/// has; m does not. `excess` is m less the mean of the samples of all other groups.
public struct GroupAssociation: Sendable, Equatable {
  /// The group t, by its code.
  public let group: Int
  /// The topic k, from 0.
  public let topic: Int
  /// |t|, how many samples the group has.
  public let sampleCount: Int
  /// s_tk, the expected samples' worth of the topic in the group.
  public let sum: Double
  /// m_tk, the mean share of the topic in a sample of the group; NaN of an empty group.
  public let mean: Double
  /// m less the other samples' mean; NaN where there are no others.
  public let excess: Double

  /// All groups and topics, by group, then topic.
  ///
  /// - Parameters:
  ///   - proportions: E[φ], samples × topics, row-major.
  ///   - groups: the group of each sample, −1 for none.
  /// - Precondition: a row for each sample.
  public static func all(
    proportions: [Double], topicCount: Int, groups: [Int32], groupCount: Int
  ) -> [GroupAssociation] {
    precondition(proportions.count == groups.count * topicCount, "rows do not match samples")
    var sums = [Double](repeating: 0, count: groupCount * topicCount)
    var totals = [Double](repeating: 0, count: topicCount)
    var counts = [Int](repeating: 0, count: groupCount)
    for (sample, group) in groups.enumerated() where group >= 0 {
      counts[Int(group)] += 1
      for topic in 0..<topicCount {
        let value = proportions[sample * topicCount + topic]
        sums[Int(group) * topicCount + topic] += value
        totals[topic] += value
      }
    }
    let everyone = counts.reduce(0, +)
    return (0..<groupCount * topicCount).map { index in
      let (group, topic) = (index / topicCount, index % topicCount)
      let mean = sums[index] / Double(counts[group])
      let others = (totals[topic] - sums[index]) / Double(everyone - counts[group])
      return GroupAssociation(
        group: group, topic: topic, sampleCount: counts[group], sum: sums[index], mean: mean,
        excess: mean - others)
    }
  }
}
