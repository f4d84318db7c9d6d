/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every stream promises: the same scenarios for each kind. */
#pragma once

#include "harness.h"

void add_stream_contract (Over over);
