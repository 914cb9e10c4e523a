/// Seconds until the last of these points is done, where each of so many groups takes the longest that is left
/// when it is free, as a sweep does.
///
/// At most 4/3 − 1/(3 groups) of the shortest possible time (R. L. Graham, SIAM J. Appl. Math. 17:416–429,
/// 1969, doi:10.1137/0117039).
/// - Precondition: `groups` is positive.
/// - Complexity: O(points · (log points + groups)).
public func makespan(of seconds: [Double], groups: Int) -> Double {
  precondition(groups > 0, "points need a group")
  var free = [Double](repeating: 0, count: min(groups, max(seconds.count, 1)))
  for point in seconds.sorted(by: >) {
    let next = free.indices.min { free[$0] < free[$1] } ?? 0
    free[next] += point
  }
  return free.max() ?? 0
}
