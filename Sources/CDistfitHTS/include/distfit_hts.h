// The one door to htslib: VCF and BCF files, plain, gzip or bgzip, one record after the other.
//
// htslib's own messages are switched off: every failure comes back as a status and a text.

#ifndef DISTFIT_HTS_H
#define DISTFIT_HTS_H

#include <stdint.h>

/// Opens a file and reads its header. NULL where that fails; `problem` then says why.
void *distfit_hts_open(const char *path, char *problem, int32_t capacity);
void distfit_hts_close(void *file);

/// The samples of the header.
int32_t distfit_hts_sample_count(void *file);
const char *distfit_hts_sample(void *file, int32_t index);

/// The next record: 1 there is one, 0 end of the file, -1 it cannot be read (`problem` says why).
int32_t distfit_hts_next(void *file, char *problem, int32_t capacity);

// MARK: - The current record

const char *distfit_hts_chromosome(void *file);
/// From 1.
int64_t distfit_hts_position(void *file);
/// "." where it has none.
const char *distfit_hts_identifier(void *file);
/// The reference allele and the alternatives.
int32_t distfit_hts_allele_count(void *file);
const char *distfit_hts_allele(void *file, int32_t index);

/// Copies of any alternative allele by GT for every sample: 0, 1, 2; 255 where an allele is missing; 0 or
/// 2 where there is one allele only, counted in `haploid`. Returns 1; 0 where the record has no GT; -1
/// where a sample has more than two alleles.
int32_t distfit_hts_genotypes(void *file, uint8_t *dosages, int64_t *haploid);
/// The field DS for every sample, NaN where missing. Returns 1; 0 where the record has no DS; -1 where it
/// is no single number; -2 where the header declares it as something else than numbers.
int32_t distfit_hts_dosages(void *file, float *dosages);
/// The copies that the probabilities GP expect, for every sample, NaN where missing. Returns 1; 0 where the record has
/// no GP; -1 where there are not two or three of them; -2 where the header declares them as something else than numbers.
int32_t distfit_hts_probabilities(void *file, float *dosages);

#endif
