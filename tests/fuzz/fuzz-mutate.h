/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Changes an input in one of the small ways in which fuzzers do. */
void fuzz_mutate (GByteArray *input, GRand *rand);
