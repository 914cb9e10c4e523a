import Kernels
import Testing

/// Which kernels are chosen for which processor.
struct ProcessorTests {
  private static let avx2: Set = ["avx2", "fma", "bmi1", "bmi2", "f16c", "movbe", "abm"]
  private static let avx512: Set = ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]

  @Test func theFastestKernelsThatAProcessorCanRunAreChosen() {
    func names(_ features: Set<String>) -> [String?] {
      let kernels = Kernels(for: Processor(features: features))
      return [kernels.name, kernels.bfloat16?.name]
    }
    #expect(names(Self.avx2) == ["AVX2", "emulated BF16"])
    let wide = Self.avx2.union(Self.avx512)
    #expect(names(wide) == ["AVX-512", "emulated BF16"])
    #expect(names(wide.union(["avx512_bf16"])) == ["AVX-512", "AVX-512 BF16"])
    #expect(names(wide.subtracting(["avx512bw"])) == ["AVX2", "emulated BF16"])
    #expect(names(wide.subtracting(["fma"])) == ["portable", nil])
    #expect(names([]) == ["portable", nil])
  }

  @Test func aProcessorWithoutTheInstructionsIsToldSo() {
    let old = Processor(features: ["sse4_2", "avx", "fma"])
    #expect(old.complaint?.contains("lacks abm, avx2, bmi1, bmi2, f16c, movbe,") == true)
    #expect(old.complaint?.contains("\n") == false)
    #expect(Processor(features: Self.avx2).complaint == nil)
    #expect(
      Processor(features: Self.avx2.union(Self.avx512)).without("avx512").features == Self.avx2)
  }

  @Test func featuresAreReadFromTheFirstProcessor() {
    let text = """
      processor\t: 0
      vendor_id\t: GenuineIntel
      flags\t\t: fpu avx2 fma
      vmx flags\t: other

      processor\t: 1
      flags\t\t: nothing
      """
    #expect(Processor.features(cpuInfo: text) == ["fpu", "avx2", "fma"])
    #expect(Processor.features(cpuInfo: "").isEmpty)
  }
}
