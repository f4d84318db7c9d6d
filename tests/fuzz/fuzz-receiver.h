/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

/* Octets in front of what the peer sends: side and compression; limits; cut. */
#define FUZZ_RECEIVER_SETTING_SIZE 3

/* libFuzzer's name for it. */
int LLVMFuzzerTestOneInput (const guint8 *octets, size_t size);
