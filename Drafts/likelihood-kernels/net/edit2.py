def rep(s, a, b, n=1):
    assert s.count(a) >= 1, a
    return s.replace(a, b) if n == 0 else s.replace(a, b, n)
p='OutputPass.swift'; s=open(p).read()
s=rep(s,"package import TileKernels","package import Kernels")
s=s.replace("any TileArithmetic","any NetworkKernels").replace("any BFloat16Arithmetic","any BFloat16Kernels")
s=s.replace("`PlainOutputLayer`","`PlainOutput`")
s=rep(s,"/// | likelihood × activation | any | those of `OutputKind`: see `supports` |\n","/// | likelihood × link | any | those that `OutputSpecification.refusal` does not name |\n")
s=rep(s,'''/// The parameters of a gene lie together, H weights, bias, ρ, and zeros up to a multiple of eight:
///
///     values[g · S + k]       S = ⌈(H + 2)/8⌉ · 8''','''/// The parameters of a gene lie together, H weights, bias, ρ of each of C groups, and zeros up to a multiple of eight:
///
///     values[g · S + k]       S = ⌈(H + 1 + C)/8⌉ · 8
///
/// A zero-inflated likelihood has a second array of this layout, V and d of π = V h + d in the places of weights and
/// bias; its gradient's limbs follow those of the first.''')
a=s.index("  /// Passes by the kernels of this processor."); b=s.index("/// The parameters that a pass works with")
s=s[:a]+'''  /// Passes by the kernels of this processor.
  ///
  /// - Precondition: `OutputSpecification.refusal` has nothing against it.
  public init(_ specification: OutputSpecification) {
    self.init(
      specification, kernels: Kernels.current.networks,
      products: specification.products == .bfloat16 ? Kernels.current.bfloat16 : nil)
  }

  /// Passes by chosen kernels.
  package init(
    _ specification: OutputSpecification, kernels: any NetworkKernels,
    products: (any BFloat16Kernels)? = nil
  ) {
    let refusal = OutputSpecification.refusal(
      specification.likelihood, specification.link, dispersion: specification.dispersion,
      products: specification.products)
    guard let kind = OutputKind(specification.likelihood.kernel, specification.link.kernel),
      refusal == nil
    else { preconditionFailure(refusal ?? "") }
    self.specification = specification
    self.kernels = kernels
    self.products = products
    self.kind = kind
  }

  /// Numbers of a gene: H weights, bias, ρ.
  var width: Int { specification.inputCount + 1 + specification.dispersion.groupCount }
  /// S.
  var stride: Int { Parameters<Float>.stride(width) }
  /// Numbers of one array of parameters.
  var numberCount: Int { specification.outputCount * stride }
  /// 64-bit integers that hold the gradient of all parameters.
  public var limbCount: Int { specification.likelihood.isInflated ? 2 * numberCount : numberCount }
}

'''+s[b:]
a=s.index("/// The parameters that a pass works with")
s=s[:a]+'''/// The parameters that a pass works with, and the units in which their gradients are counted.
public struct EffectiveParameters: Sendable {
  /// The numbers, one gene after the other: see `OutputPass`.
  public var values: [Float]
  /// The units of the gradients of each gene.
  public var units: RoundingUnits
  /// V and d of a zero-inflated likelihood, in the layout of `values`.
  public var inflation: [Float]
  /// The units of their gradients.
  public var inflationUnits: RoundingUnits

  /// Parameters in the layout of `OutputPass`.
  public init(
    values: [Float], units: RoundingUnits, inflation: [Float] = [],
    inflationUnits: RoundingUnits = RoundingUnits(outputCount: 0)
  ) {
    self.values = values
    self.units = units
    self.inflation = inflation
    self.inflationUnits = inflationUnits
  }

  /// The optimised parameters themselves.
  public init(_ parameters: Parameters<Float>, inflation: Parameters<Float>? = nil) {
    self.init(
      values: parameters.values, units: parameters.units, inflation: inflation?.values ?? [],
      inflationUnits: inflation?.units ?? RoundingUnits(outputCount: 0))
  }
}
'''
open(p,'w').write(s)

p='OutputPass+Run.swift'; s=open(p).read()
s=s.replace("import TileKernels","import Kernels").replace("public import LinearAlgebra","public import Concurrency")
s=rep(s,'''    precondition(parameters.values.count == limbCount)
''','''    precondition(
      parameters.values.count == numberCount
        && parameters.inflation.count == limbCount - numberCount,
      "\\(parameters.values.count) and \\(parameters.inflation.count) parameters, expected \\(limbCount) in all")
    precondition(
      specification.dispersion.groupCount == 1 || batch.dispersionGroups.count == rowCount,
      "\\(batch.dispersionGroups.count) groups of dispersions for \\(rowCount) rows")
''')
s=rep(s,"if kind == .negativeBinomialSoftmax {","if kind.isNormalised {")
a=s.index("  private func withScratch("); b=s.index("  private func makePass(")
s=s[:a]+'''  private func withScratch(_ pass: FusedPass, _ body: (FusedScratch) -> Void) {
    pool.withCarved({ FusedScratch(&$0, pass) }, body: body)
  }

  private func withPass(
    _ batch: OutputBatch<Float>, _ parameters: EffectiveParameters, _ layout: RowLayout,
    _ demand: FusedPass.Demand, sums: UnsafeMutableRawPointer?, _ body: (FusedPass) -> Void
  ) {
    let size = demand.contains(.plainSums) ? MemoryLayout<Float>.size : MemoryLayout<Int64>.size
    withHead(
      parameters.values, parameters.units, sums: sums, dispersionCount: specification.dispersionCount
    ) { head in
      withHead(
        parameters.inflation, parameters.inflationUnits, sums: sums.map { $0 + numberCount * size },
        dispersionCount: 0
      ) { inflation in
        batch.values.starts.withUnsafeBufferPointer { starts in
          batch.values.columns.withUnsafeBufferPointer { columns in
            batch.values.values.withUnsafeBufferPointer { values in
              // A batch without entries has no columns to point at, and none is read.
              guard let head, let starts = starts.baseAddress else { return }
              pool.withCarved { carver in
                makePass(
                  &carver, layout, demand, batch, head, inflation, starts: starts,
                  columns: columns.baseAddress ?? starts, values: values.baseAddress ?? head.weights)
              } body: { pass in
                body(pass)
              }
            }
          }
        }
      }
    }
  }

  /// Lends the parameters of one kind of logits; nil where there are none.
  private func withHead(
    _ values: [Float], _ units: RoundingUnits, sums: UnsafeMutableRawPointer?,
    dispersionCount: Int, _ body: (PassHead?) -> Void
  ) {
    values.withUnsafeBufferPointer { values in
      units.withUnsafeBufferPointers { exponents, largest in
        guard let weights = values.baseAddress, let exponents = exponents.baseAddress,
          let largest = largest.baseAddress
        else { return body(nil) }
        body(
          PassHead(
            weights: weights, unitExponents: exponents, largestGradients: largest, sums: sums,
            dispersionCount: dispersionCount))
      }
    }
  }

'''+s[b:]
a=s.index("  private func makePass("); b=s.index("    let (H, S) = (specification.inputCount, stride)\n    let blocks = layout.blockCount")
s=s[:a]+'''  private func makePass(
    _ carver: inout Carver, _ layout: RowLayout, _ demand: FusedPass.Demand,
    _ batch: OutputBatch<Float>, _ head: PassHead, _ inflation: PassHead?,
    starts: UnsafePointer<Int32>, columns: UnsafePointer<Int32>, values: UnsafePointer<Float>
  ) -> FusedPass {
'''+s[b:]
s=rep(s,"blocksShareLogits: batch.rowsShareHidden && demand.isEmpty,","blocksShareLogits: batch.rowsShareHidden && demand.isEmpty && inflation == nil,")
s=rep(s,'''      inputCount: H, stride: S, layout: layout,''','''      inputCount: H, stride: S, dispersion: specification.dispersion, layout: layout,''')
s=rep(s,'''      weights: weights, unitExponents: exponents, largestGradients: gradients, starts: starts,
      columns: columns,
      values: values,''','''      head: head, inflation: inflation,
      rowGroups: carver.take(
        Int32.self, specification.dispersion.groupCount > 1 ? blocks * 16 : 0),
      starts: starts, columns: columns, values: values,''')
s=rep(s,'''      logSums: carver.take(Floats.self, blocks), totals: carver.take(Floats.self, blocks),
      sums: sums)''','''      logSums: carver.take(Floats.self, blocks), totals: carver.take(Floats.self, blocks))''')
s=rep(s,'''    pass.inputBounds[place] = largest
''','''    pass.inputBounds[place] = largest
    if specification.dispersion.groupCount > 1 {
      let groups = pass.rowGroups + place * 16
      for lane in 0..<16 {
        groups[lane] =
          first + lane < group.rows.upperBound ? batch.dispersionGroups[first + lane] : 0
      }
    }
''')
open(p,'w').write(s)

p='OutputPass+Means.swift'; s=open(p).read()
s=s.replace("import TileKernels","import Kernels").replace("public import LinearAlgebra","public import Concurrency")
s=rep(s,"if kind == .negativeBinomialSoftmax {","if kind.isNormalised {")
s=rep(s,"  /// Expected values.\n","  /// Expected values s · y; of a zero-inflated likelihood those of values that are counts.\n")
open(p,'w').write(s)

p='OutputHead.swift'; s=open(p).read()
s=s.replace("public import LinearAlgebra","public import Concurrency").replace("import TileKernels\n","")
s=rep(s,'''/// | W, b, ρ | weights, biases, what dispersions follow from | G × H, G, G | `weights`, `biases`, `logDispersions` |
public struct OutputHead: OutputLayer {''','''/// | W, b, ρ | weights, biases, what dispersions follow from | G × H, G, G × groups | `weights`, `biases`, `logDispersions` |
/// | V, d | those of the second logits of a zero-inflated likelihood | G × H, G | `values.inflation` |
public struct OutputHead: Codable, Sendable {''')
a=s.index("  private var parameters: Parameters<Float>\n"); b=s.index("  /// Writes what is computed and the parameters.")
s=s[:a]+'''  private var parameters: Parameters<Float>
  /// V and d in the places of weights and bias.
  private var inflation: Parameters<Float>?
  private let pass: OutputPass

  private enum CodingKeys: String, CodingKey {
    case specification, parameters, inflation
  }

  /// A layer with these parameters and zero moments.
  ///
  /// - Precondition: `OutputSpecification.refusal` has nothing against it; sizes fit.
  public init(_ specification: OutputSpecification, _ parameters: OutputParameters<Float>) {
    self.init(OutputPass(specification), parameters)
  }

  /// A layer without zero inflation.
  public init(
    _ specification: OutputSpecification, weights: [Float], biases: [Float],
    logDispersions: [Float]
  ) {
    self.init(
      specification,
      OutputParameters(weights: weights, biases: biases, logDispersions: logDispersions))
  }

  /// A layer for a pass by chosen kernels.
  package init(_ pass: OutputPass, _ values: OutputParameters<Float>) {
    let (G, H) = (pass.specification.outputCount, pass.specification.inputCount)
    let groups = pass.specification.dispersion.groupCount
    precondition(values.fits(pass.specification), "parameters of other sizes than specified")
    self.pass = pass
    parameters = Parameters(outputCount: G, width: pass.width) { g, k in
      k < H
        ? values.weights[g * H + k]
        : k == H ? values.biases[g] : values.logDispersions[g * groups + k - H - 1]
    }
    inflation = values.inflation.map { inflation in
      Parameters(outputCount: G, width: pass.width) { g, k in
        k < H ? inflation.weights[g * H + k] : k == H ? inflation.biases[g] : 0
      }
    }
  }

  /// A layer as it was saved.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let specification = try container.decode(OutputSpecification.self, forKey: .specification)
    parameters = try container.decode(Parameters<Float>.self, forKey: .parameters)
    inflation = try container.decodeIfPresent(Parameters<Float>.self, forKey: .inflation)
    let refusal = OutputSpecification.refusal(
      specification.likelihood, specification.link, dispersion: specification.dispersion,
      products: specification.products)
    if let refusal {
      throw DecodingError.dataCorruptedError(
        forKey: .specification, in: container, debugDescription: refusal)
    }
    pass = OutputPass(specification)
    let count = parameters.values.count + (inflation?.values.count ?? 0)
    guard parameters.outputCount == specification.outputCount, parameters.width == pass.width,
      count == pass.limbCount
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .parameters, in: container,
        debugDescription: "\\(count) parameters, expected \\(pass.limbCount)")
    }
  }

'''+s[b:]
s=rep(s,'''    try container.encode(parameters, forKey: .parameters)
''','''    try container.encode(parameters, forKey: .parameters)
    try container.encodeIfPresent(inflation, forKey: .inflation)
''')
a=s.index("  /// W, G × H, row-major.\n  public var weights"); b=s.index("  /// 64-bit integers that hold the gradient of all")
s=s[:a]+'''  /// All parameters as plain arrays.
  public var values: OutputParameters<Float> {
    unpacked(parameters.values, inflation?.values)
  }
  /// W, G × H, row-major.
  public var weights: [Float] { values.weights }
  /// b, G.
  public var biases: [Float] { parameters.column(specification.inputCount, of: parameters.values) }
  /// ρ, G × groups.
  public var logDispersions: [Float] { values.logDispersions }

  /// Numbers in the layout of the pass as plain arrays.
  private func unpacked(_ numbers: [Float], _ inflation: [Float]?) -> OutputParameters<Float> {
    let (G, H) = (specification.outputCount, specification.inputCount)
    func part(_ numbers: [Float], _ places: Range<Int>) -> [Float] {
      (0..<G).flatMap {
        numbers[$0 * pass.stride + places.lowerBound..<$0 * pass.stride + places.upperBound]
      }
    }
    return OutputParameters(
      weights: part(numbers, 0..<H), biases: part(numbers, H..<H + 1),
      logDispersions: part(numbers, H + 1..<pass.width),
      inflation: inflation.map {
        DenseWeights(weights: part($0, 0..<H), biases: part($0, H..<H + 1))
      })
  }

  private var effective: EffectiveParameters {
    EffectiveParameters(parameters, inflation: inflation)
  }

'''+s[b:]
s=s.replace("EffectiveParameters(parameters)","effective")
a=s.index("    parameters.move(step, along: limbs, on: workers)")
s=s[:a]+'''    precondition(limbs.count == limbCount)
    parameters.move(step, along: .init(rebasing: limbs[..<pass.numberCount]), on: workers)
    inflation?.move(step, along: .init(rebasing: limbs[pass.numberCount...]), on: workers)
  }

  /// The gradient that summed limbs hold, as plain arrays.
  public func gradient(of limbs: UnsafeBufferPointer<Int64>) -> OutputParameters<Float> {
    precondition(limbs.count == limbCount)
    return unpacked(
      parameters.gradient(of: .init(rebasing: limbs[..<pass.numberCount])),
      inflation?.gradient(of: .init(rebasing: limbs[pass.numberCount...])))
  }
}
'''
open(p,'w').write(s)
