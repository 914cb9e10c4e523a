/// Instructions that Swift has no name for. Vectors are those that Swift imports as SIMD16<Float> and
/// SIMD16<Int32>. Each function is there only where the compiler may use its instruction.
#pragma once

typedef float distfit_floats __attribute__((ext_vector_type(16)));
typedef int distfit_integers __attribute__((ext_vector_type(16)));
typedef float distfit_half_floats __attribute__((ext_vector_type(8)));
typedef int distfit_half_integers __attribute__((ext_vector_type(8)));
typedef double distfit_doubles __attribute__((ext_vector_type(8)));
typedef long long distfit_long_integers __attribute__((ext_vector_type(8)));

#define DISTFIT_INLINE static inline __attribute__((always_inline))

#if defined(__AVX__)
#include <immintrin.h>

/// The nearest integers, ties to even, for |x| < 2^31.
DISTFIT_INLINE distfit_half_integers distfit_nearest_of_eight(distfit_half_floats x) {
  return (distfit_half_integers)_mm256_cvtps_epi32((__m256)x);
}

/// Square roots.
DISTFIT_INLINE distfit_half_floats distfit_root_of_eight(distfit_half_floats x) {
  return (distfit_half_floats)_mm256_sqrt_ps((__m256)x);
}
#endif

#if defined(__AVX512DQ__)
/// The nearest doubles.
DISTFIT_INLINE distfit_doubles distfit_doubles_of_eight(distfit_long_integers x) {
  return (distfit_doubles)_mm512_cvtepi64_pd((__m512i)x);
}
#endif

#if defined(__AVX512BF16__)

/// sum + a₁ b₁ + a₀ b₀ in each of sixteen places, the higher pair first; a, b hold two bfloat16 a place.
DISTFIT_INLINE distfit_floats distfit_dot(
    distfit_floats sum, distfit_integers a, distfit_integers b) {
  return (distfit_floats)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}

/// Sixteen pairs of bfloat16.
DISTFIT_INLINE distfit_integers distfit_pack(distfit_floats high, distfit_floats low) {
  __m512i upper = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)high));
  __m512i lower = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)low));
  return (distfit_integers)_mm512_or_si512(_mm512_slli_epi32(upper, 16), lower);
}

/// Sixteen bfloat16 one after the other.
DISTFIT_INLINE distfit_half_integers distfit_narrow(distfit_floats x) {
  return (distfit_half_integers)_mm512_cvtneps_pbh((__m512)x);
}

/// The nearest integers, ties to even, for |x| < 2^31.
DISTFIT_INLINE distfit_integers distfit_nearest(distfit_floats x) {
  return (distfit_integers)_mm512_cvtps_epi32((__m512)x);
}
#endif
