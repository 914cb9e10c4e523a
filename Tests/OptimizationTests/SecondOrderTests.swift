import LinearAlgebra
import Optimization
import TestSupport
import Testing

@Suite struct SecondOrderTests {
  @Test(arguments: Problem.all)
  func problemsHaveTheirDerivatives(problem: Problem) {
    var points = [problem.start.map { $0 / 3 }, problem.minimum]
    points.append(problem.minimum.map { $0 + 0.3 })
    for point in points {
      let here = problem.evaluate(point)
      let check = GradientCheck(at: point, gradient: here.gradient, step: 1e-4) {
        problem.evaluate($0).value
      }
      #expect(check.passes(1e-6), "\(check)")
      for k in point.indices {
        let row = GradientCheck(at: point, gradient: here.hessian.column(k), step: 1e-4) {
          problem.evaluate($0).gradient[k]
        }
        #expect(row.passes(1e-6), "\(row)")
      }
    }
  }

  @Test(arguments: Problem.all)
  func limitedMemoryMethodFindsTheMinimum(problem: Problem) {
    var method = LBFGS(memory: 5, gradientTolerance: 1e-9)
    var point = problem.start
    let termination = method.minimize(&point, stepLimit: 500) { x, gradient in
      let here = problem.evaluate(x)
      gradient = here.gradient
      return here.value
    }
    #expect(termination == .gradientTolerance)
    // the quartic's gradient 4a³ is 1e-9 at a = 6e-4
    let tolerance = Tolerance(relative: 0, absolute: problem.description == "quartic" ? 1e-3 : 1e-8)
    #expect(point.areClose(to: problem.minimum, tolerance), "\(point)")
  }

  @Test(arguments: Problem.all)
  func newtonsMethodFindsTheMinimum(problem: Problem) {
    var point = problem.start
    let termination = Newton().minimize(&point) { problem.evaluate($0) }
    #expect(termination == .gradientTolerance)
    let tolerance = Tolerance(relative: 0, absolute: problem.description == "quartic" ? 1e-3 : 1e-9)
    #expect(point.areClose(to: problem.minimum, tolerance), "\(point)")
  }

  @Test func oneIterationAtATimeGivesTheSameBits() {
    func evaluate(_ x: [Double], _ gradient: inout [Double]) -> Double {
      let here = Problem.rosenbrock.evaluate(x)
      gradient = here.gradient
      return here.value
    }
    var (whole, steps) = (LBFGS(), LBFGS())
    var (first, second) = (Problem.rosenbrock.start, Problem.rosenbrock.start)
    let end = whole.minimize(&first, stepLimit: 100, evaluate)
    var ended: Termination?
    while ended == nil {
      let copy = steps  // as from a checkpoint
      steps = copy
      ended = steps.step(&second, evaluate)
    }
    #expect(first == second && end == ended)
    #expect(whole.iterationCount == steps.iterationCount)
  }

  /// One problem for every way to end.
  @Test func everyTerminationOccurs() {
    func ending(
      _ method: LBFGS, _ start: [Double], limit: Int = 50,
      _ f: @escaping (Double) -> (Double, Double)
    ) -> Termination {
      var (method, point) = (method, start)
      return method.minimize(&point, stepLimit: limit) { x, gradient in
        let (value, slope) = f(x[0])
        gradient = [slope]
        return value
      }
    }
    #expect(ending(LBFGS(), [3]) { ($0 * $0, 2 * $0) } == .gradientTolerance)
    #expect(
      ending(LBFGS(gradientTolerance: 0, objectiveTolerance: 1e-3), [3]) { x in
        (x * x * x * x, 4 * x * x * x)
      } == .objectiveTolerance)
    #expect(
      ending(LBFGS(gradientTolerance: 0), [3], limit: 2) { x in
        (x * x * x * x, 4 * x * x * x)
      } == .stepLimit)
    #expect(ending(LBFGS(), [3]) { _ in (.nan, 1) } == .objectiveNotFinite)
    #expect(ending(LBFGS(), [3]) { (-$0, -1) } == .lineSearchFailed)  // no lower end
    #expect(ending(LBFGS(), [3]) { ($0, -1) } == .lineSearchFailed)  // a wrong gradient
    var point = Problem.rosenbrock.start
    let newton = Newton(stepLimit: 2).minimize(&point) { Problem.rosenbrock.evaluate($0) }
    #expect(newton == .stepLimit)
  }

  @Test func failedLineSearchesLeaveThePointWhereItWas() {
    var (method, point) = (LBFGS(), [3.0, 4])
    let end = method.step(&point) { x, gradient in
      gradient = [-1, -1]
      return x[0] + x[1]
    }
    #expect(end == .lineSearchFailed)
    #expect(point == [3, 4])
    #expect(method.value == 7)
  }

  @Test func pointsOutsideTheDomainAreAvoided() {
    // x² + 1/x² for x > 0: from 5 the second step tries to leave the domain
    var (method, point) = (LBFGS(), [5.0])
    let end = method.minimize(&point, stepLimit: 100) { x, gradient in
      guard x[0] > 0 else {
        gradient = [.nan]
        return .nan
      }
      gradient = [2 * x[0] - 2 / (x[0] * x[0] * x[0])]
      return x[0] * x[0] + 1 / (x[0] * x[0])
    }
    #expect(end == .gradientTolerance)
    #expect(point[0].isClose(to: 1, Tolerance(relative: 1e-8)))
  }
}
