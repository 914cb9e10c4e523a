import Kernels
import LinearAlgebra
import Testing

@Suite struct BLASRuntimeTests {
  private let avx2: Set<String> = ["sse2", "avx", "avx2", "fma"]
  private let avx512: Set<String> = [
    "sse2", "avx", "avx2", "fma", "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl",
  ]

  private func recommended(_ flags: Set<String>, _ reported: String, user: String? = nil) -> String?
  {
    BLASRuntime.recommendedCoreType(
      for: Processor(features: flags), reported: reported, userSetting: user)
  }

  @Test func processorsWithAVX512GetItsKernels() {
    #expect(recommended(avx512, "Haswell") == "SkylakeX")
    #expect(recommended(avx512, "Zen") == "SkylakeX")
    #expect(recommended(avx512, "Prescott") == "SkylakeX")
    #expect(recommended(avx512, "SkylakeX") == nil)
    #expect(recommended(avx512, "Cooperlake") == nil)
    #expect(recommended(avx512, "SapphireRapids") == nil)
  }

  @Test func incompleteAVX512IsNotEnough() {
    #expect(recommended(avx512.subtracting(["avx512bw"]), "Haswell") == nil)
  }

  @Test func processorsWithAVX2AreNotLeftWithOlderKernels() {
    #expect(recommended(avx2, "Prescott") == "Haswell")
    #expect(recommended(avx2, "Zen") == nil)
    #expect(recommended(["sse2"], "Prescott") == nil)
  }

  @Test func theUsersOwnSettingWins() {
    #expect(recommended(avx512, "Haswell", user: "Haswell") == nil)
    #expect(recommended(avx512, "Haswell", user: "") == "SkylakeX")
  }

  @Test func oneThreadIsInForceOnceAskedFor() {
    let runtime = BLASRuntime.useOneThread()
    #expect(runtime.threadCount == 1)
    #expect(!runtime.coreName.isEmpty)
    #expect(runtime.configuration.contains("OpenBLAS"))
  }
}
