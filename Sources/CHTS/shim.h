#include <htslib/vcf.h>
