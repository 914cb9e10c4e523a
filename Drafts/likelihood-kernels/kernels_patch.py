import sys,shutil,os,re
root=sys.argv[1]  # .../Sources/KernelFunctions/Networks
hold='/tmp/t-networks/hold/kf/'
def rep(s,a,b):
    assert a in s, a
    return s.replace(a,b,1)
os.makedirs(root+'/Output',exist_ok=True)
for f in ['OutputKind','OutputTile','Links','NegativeBinomialTerms','PoissonTerms','ZeroInflatedTerms','RealValueTerms','OutputKernels']:
    shutil.copy(hold+f+'.swift', f'{root}/Output/{f}.swift')
for f in ['LargeCounts','SoftmaxTerms','DispersionGradient']:
    shutil.copy(hold+f+'.swift', f'{root}/Output/{f}.swift')
    os.path.exists(f'{root}/{f}.swift') and os.remove(f'{root}/{f}.swift')
for f in ['DenseTerms','EntryTerms']:
    os.path.exists(f'{root}/{f}.swift') and os.remove(f'{root}/{f}.swift')
shutil.copy(hold+'SparseProducts.swift', f'{root}/SparseProducts.swift')
p=root+'/Rounding.swift'; r=open(p).read()
r=rep(r,'''/// r = 1 + e^ρ and 1/r.
@_alwaysEmitIntoClient @inline(always)
public func dispersions(
  _ rho: UnsafePointer<Floats>, _ r: UnsafeMutablePointer<Floats>,
  _ inverses: UnsafeMutablePointer<Floats>, vectorCount: Int
) {
  let bound = Floats(repeating: 80)
  for j in 0..<vectorCount {
    r[j] = 1 + exponential''','''/// r = smallest + e^ρ, with smallest 1 or 0, and 1/r.
@_alwaysEmitIntoClient @inline(always)
public func dispersions(
  _ rho: UnsafePointer<Floats>, _ r: UnsafeMutablePointer<Floats>,
  _ inverses: UnsafeMutablePointer<Floats>, smallest: Float, vectorCount: Int
) {
  // Without a smallest dispersion 1/r times a mean must stay finite.
  let bound = Floats(repeating: smallest > 0 ? 80 : 50)
  for j in 0..<vectorCount {
    r[j] = smallest + exponential''')
open(p,'w').write(r)
p=root+'/NetworkKernels.swift'; s=open(p).read()
a=s.index("  /// See `differentiateZeros`; the loss is written.\n"); b=s.index("  /// See `maximumAndSum`.")
s=s[:a]+'''  /// See `differentiateZeros`.
  func zeros(
    _ kind: OutputKind, _ tile: OutputTile, dispersions: UnsafePointer<Float>,
    inverses: UnsafePointer<Float>, byRow: Bool, scale: UnsafePointer<Floats>,
    logSum: UnsafePointer<Floats>, loss: UnsafeMutablePointer<Floats>)
  /// See `differentiateEntries`.
  func entries(_ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int)
  /// See `differentiateInflatedEntries`.
  func inflatedEntries(
    _ kind: OutputKind, _ entries: EntryArrays, _ inflated: InflatedEntries, vectorCount: Int)
  /// See `differentiateLongCounts`.
  func longCounts(_ kind: OutputKind, _ arrays: LongCountArrays, vectorCount: Int)
'''+s[b:]
s=rep(s,"    _ inverses: UnsafeMutablePointer<Floats>, vectorCount: Int)","    _ inverses: UnsafeMutablePointer<Floats>, smallest: Float, vectorCount: Int)")
s=rep(s,'''    bounds: UnsafePointer<Int>, dispersions: UnsafePointer<Float>,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Floats>
  ) -> Int
''','''    bounds: UnsafePointer<Int>, dispersions: UnsafePointer<Float>, smallest: Float,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Floats>
  ) -> Int
  /// See `addGroupedExcess`.
  func groupedDispersionGradient(
    _ excess: UnsafePointer<Float>, tileStride: Int, geneCount: Int, laneCount: Int,
    bounds: UnsafePointer<Int>, groups: UnsafePointer<Int32>, groupCount: Int,
    dispersions: UnsafePointer<Float>, smallest: Float, scales: UnsafePointer<Double>,
    to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Float>
  ) -> Int
  /// See `multiplySparseRow`.
  func sparseRow(
    _ w: UnsafePointer<Float>, stride: Int, columns: UnsafePointer<Int32>,
    values: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>)
  /// See `multiplySparseGradient`.
  func sparseGradient(
    offsets: UnsafePointer<Int32>, geneCount: Int, rows: UnsafePointer<Int32>,
    values: UnsafePointer<Float>, _ delta: UnsafePointer<Float>, stride: Int,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>
  ) -> Int
''')
open(p,'w').write(s)
p=root+'/NetworkKernels+Functions.swift'; s=open(p).read()
a=s.index("  @_alwaysEmitIntoClient @inline(never)\n  public func zeros("); b=s.index("  @_alwaysEmitIntoClient @inline(never)\n  public func maximumAndSumOf(")
s=s[:a]+'''  @_alwaysEmitIntoClient @inline(never)
  public func zeros(
    _ kind: OutputKind, _ tile: OutputTile, dispersions: UnsafePointer<Float>,
    inverses: UnsafePointer<Float>, byRow: Bool, scale: UnsafePointer<Floats>,
    logSum: UnsafePointer<Floats>, loss: UnsafeMutablePointer<Floats>
  ) {
    differentiateZeros(
      kind, tile, dispersions: dispersions, inverses: inverses, byRow: byRow, scale: scale,
      logSum: logSum, loss: loss)
  }
  @_alwaysEmitIntoClient @inline(never)
  public func entries(_ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int) {
    differentiateEntries(kind, entries, vectorCount: vectorCount)
  }
  @_alwaysEmitIntoClient @inline(never)
  public func inflatedEntries(
    _ kind: OutputKind, _ entries: EntryArrays, _ inflated: InflatedEntries, vectorCount: Int
  ) {
    differentiateInflatedEntries(kind, entries, inflated, vectorCount: vectorCount)
  }
  @_alwaysEmitIntoClient @inline(never)
  public func longCounts(_ kind: OutputKind, _ arrays: LongCountArrays, vectorCount: Int) {
    differentiateLongCounts(kind, arrays, vectorCount: vectorCount)
  }
'''+s[b:]
s=rep(s,"    if case .negativeBinomialSoftmax = kind {","    if kind.isNormalised {")
s=rep(s,'''    _ inverses: UnsafeMutablePointer<Floats>, vectorCount: Int
  ) {
    dispersions(rho, r, inverses, vectorCount: vectorCount)''','''    _ inverses: UnsafeMutablePointer<Floats>, smallest: Float, vectorCount: Int
  ) {
    dispersions(rho, r, inverses, smallest: smallest, vectorCount: vectorCount)''')
s=rep(s,'''    bounds: UnsafePointer<Int>, dispersions: UnsafePointer<Float>,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Floats>
  ) -> Int {
    return addExcess(
      excess, tileStride: tileStride, geneCount: geneCount, laneCount: laneCount, bounds: bounds,
      dispersions: dispersions, scales: scales, to: sums, stride: stride, place: place,
      stage: stage)
  }
''','''    bounds: UnsafePointer<Int>, dispersions: UnsafePointer<Float>, smallest: Float,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Floats>
  ) -> Int {
    return addExcess(
      excess, tileStride: tileStride, geneCount: geneCount, laneCount: laneCount, bounds: bounds,
      dispersions: dispersions, smallest: smallest, scales: scales, to: sums, stride: stride,
      place: place, stage: stage)
  }
  @_alwaysEmitIntoClient @inline(never)
  public func groupedDispersionGradient(
    _ excess: UnsafePointer<Float>, tileStride: Int, geneCount: Int, laneCount: Int,
    bounds: UnsafePointer<Int>, groups: UnsafePointer<Int32>, groupCount: Int,
    dispersions: UnsafePointer<Float>, smallest: Float, scales: UnsafePointer<Double>,
    to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Float>
  ) -> Int {
    return addGroupedExcess(
      excess, tileStride: tileStride, geneCount: geneCount, laneCount: laneCount, bounds: bounds,
      groups: groups, groupCount: groupCount, dispersions: dispersions, smallest: smallest,
      scales: scales, to: sums, stride: stride, place: place, stage: stage)
  }
  @_alwaysEmitIntoClient @inline(never)
  public func sparseRow(
    _ w: UnsafePointer<Float>, stride: Int, columns: UnsafePointer<Int32>,
    values: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>
  ) {
    multiplySparseRow(w, stride: stride, columns: columns, values: values, count: count, into: y)
  }
  @_alwaysEmitIntoClient @inline(never)
  public func sparseGradient(
    offsets: UnsafePointer<Int32>, geneCount: Int, rows: UnsafePointer<Int32>,
    values: UnsafePointer<Float>, _ delta: UnsafePointer<Float>, stride: Int,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>
  ) -> Int {
    return multiplySparseGradient(
      offsets: offsets, geneCount: geneCount, rows: rows, values: values, delta, stride: stride,
      scales: scales, to: sums)
  }
'''+'')
open(p,'w').write(s)
