#include "distfit_hts.h"

#include <errno.h>
#include <htslib/hts.h>
#include <htslib/hts_log.h>
#include <htslib/vcf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  htsFile *stream;
  bcf_hdr_t *header;
  bcf1_t *record;
  int32_t *integers;
  int integer_capacity;
  float *reals;
  int real_capacity;
} variant_file;

static void say(char *problem, int32_t capacity, const char *text) {
  snprintf(problem, capacity, "%s", text);
}

void *distfit_hts_open(const char *path, char *problem, int32_t capacity) {
  hts_set_log_level(HTS_LOG_OFF);
  variant_file *file = calloc(1, sizeof *file);
  if (!file) {
    say(problem, capacity, "there is no memory to open it");
    return NULL;
  }
  errno = 0;
  file->stream = hts_open(path, "r");
  if (!file->stream) {
    snprintf(problem, capacity, "cannot be opened: %s", strerror(errno ? errno : EINVAL));
    distfit_hts_close(file);
    return NULL;
  }
  enum htsExactFormat format = hts_get_format(file->stream)->format;
  if (format != vcf && format != bcf) {
    say(problem, capacity, "is neither VCF nor BCF: it does not begin as one");
    distfit_hts_close(file);
    return NULL;
  }
  // A file that was cut between two blocks reads well up to there: only the end marker is missing.
  if (hts_check_EOF(file->stream) == 0) {
    say(problem, capacity, "lacks the end marker of bgzip. Was it cut off? Copy it again");
    distfit_hts_close(file);
    return NULL;
  }
  file->header = bcf_hdr_read(file->stream);
  if (!file->header) {
    say(problem, capacity, "has a header that cannot be read. Was it cut off?");
    distfit_hts_close(file);
    return NULL;
  }
  // Fields that a VCF has without declaring them would be read as texts.
  if (format == vcf) {
    static const char *const fields[][2] = {
        {"GT", "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"\">"},
        {"DS", "##FORMAT=<ID=DS,Number=1,Type=Float,Description=\"\">"},
        {"GP", "##FORMAT=<ID=GP,Number=G,Type=Float,Description=\"\">"}};
    for (int field = 0; field < 3; field++) {
      int number = bcf_hdr_id2int(file->header, BCF_DT_ID, fields[field][0]);
      if (number >= 0 && bcf_hdr_idinfo_exists(file->header, BCF_HL_FMT, number)) continue;
      if (bcf_hdr_append(file->header, fields[field][1]) < 0 || bcf_hdr_sync(file->header) < 0) {
        say(problem, capacity, "has a header that cannot be completed");
        distfit_hts_close(file);
        return NULL;
      }
    }
  }
  file->record = bcf_init();
  return file;
}

void distfit_hts_close(void *handle) {
  variant_file *file = handle;
  if (!file) return;
  if (file->record) bcf_destroy(file->record);
  if (file->header) bcf_hdr_destroy(file->header);
  if (file->stream) hts_close(file->stream);
  free(file->integers);
  free(file->reals);
  free(file);
}

int32_t distfit_hts_sample_count(void *handle) {
  return bcf_hdr_nsamples(((variant_file *)handle)->header);
}

const char *distfit_hts_sample(void *handle, int32_t index) {
  return ((variant_file *)handle)->header->samples[index];
}


int32_t distfit_hts_next(void *handle, char *problem, int32_t capacity) {
  variant_file *file = handle;
  int status = bcf_read(file->stream, file->header, file->record);
  if (status == -1) return 0;
  if (status < -1) {
    say(problem, capacity, "cannot be read. Was the file cut off?");
    return -1;
  }
  // Names that the header does not define are added by htslib; all other errors are damage.
  int harmless = BCF_ERR_CTG_UNDEF | BCF_ERR_TAG_UNDEF;
  if (file->record->errcode & ~harmless) {
    say(problem, capacity, "is damaged: its columns do not fit the header");
    return -1;
  }
  if (bcf_unpack(file->record, BCF_UN_STR) < 0) {
    say(problem, capacity, "is damaged: its alleles cannot be read");
    return -1;
  }
  // A blank line is a record without anything to htslib.
  if (!file->record->d.id || !file->record->d.allele || file->record->n_allele < 1 || file->record->rid < 0) {
    say(problem, capacity, "is a blank line, or lacks its columns. Remove it");
    return -1;
  }
  return 1;
}

const char *distfit_hts_chromosome(void *handle) {
  variant_file *file = handle;
  const char *name = bcf_seqname(file->header, file->record);
  return name ? name : "";
}

int64_t distfit_hts_position(void *handle) { return ((variant_file *)handle)->record->pos + 1; }

const char *distfit_hts_identifier(void *handle) {
  const char *name = ((variant_file *)handle)->record->d.id;
  return name ? name : ".";
}

int32_t distfit_hts_allele_count(void *handle) { return ((variant_file *)handle)->record->n_allele; }

const char *distfit_hts_allele(void *handle, int32_t index) {
  return ((variant_file *)handle)->record->d.allele[index];
}

int32_t distfit_hts_genotypes(void *handle, uint8_t *dosages, int64_t *haploid) {
  variant_file *file = handle;
  int samples = bcf_hdr_nsamples(file->header);
  int count =
      bcf_get_genotypes(file->header, file->record, &file->integers, &file->integer_capacity);
  if (count <= 0 || samples == 0) return 0;
  int width = count / samples;
  for (int sample = 0; sample < samples; sample++) {
    const int32_t *alleles = file->integers + (int64_t)sample * width;
    int seen = 0, copies = 0, missing = 0;
    for (; seen < width && alleles[seen] != bcf_int32_vector_end; seen++) {
      if (bcf_gt_is_missing(alleles[seen])) missing = 1;
      else copies += bcf_gt_allele(alleles[seen]) > 0;
    }
    if (seen > 2) return -1;
    if (missing || seen == 0) dosages[sample] = 255;
    else if (seen == 1) {
      dosages[sample] = (uint8_t)(2 * copies);
      *haploid += 1;
    } else dosages[sample] = (uint8_t)copies;
  }
  return 1;
}

int32_t distfit_hts_dosages(void *handle, float *dosages) {
  variant_file *file = handle;
  int samples = bcf_hdr_nsamples(file->header);
  int count = bcf_get_format_float(
      file->header, file->record, "DS", &file->reals, &file->real_capacity);
  if (count == -2) return -2;
  if (count <= 0) return 0;
  if (count != samples) return -1;
  for (int sample = 0; sample < samples; sample++) {
    float value = file->reals[sample];
    dosages[sample] =
        bcf_float_is_missing(value) || bcf_float_is_vector_end(value) ? NAN : value;
  }
  return 1;
}

int32_t distfit_hts_probabilities(void *handle, float *dosages) {
  variant_file *file = handle;
  int samples = bcf_hdr_nsamples(file->header);
  int count = bcf_get_format_float(
      file->header, file->record, "GP", &file->reals, &file->real_capacity);
  if (count == -2) return -2;
  if (count <= 0 || samples == 0) return 0;
  int width = count / samples;
  if (count % samples || width < 2 || width > 3) return -1;
  for (int sample = 0; sample < samples; sample++) {
    const float *own = file->reals + (int64_t)sample * width;
    int known = 0;
    float total = 0, copies = 0;
    for (; known < width; known++) {
      if (bcf_float_is_missing(own[known]) || bcf_float_is_vector_end(own[known])) break;
      total += own[known];
      copies += known * own[known];
    }
    // Two probabilities are those of a single allele, which counts twice.
    if (known == 2) copies *= 2;
    dosages[sample] = known < 2 || !(total > 0) ? NAN : copies / total;
  }
  return 1;
}
