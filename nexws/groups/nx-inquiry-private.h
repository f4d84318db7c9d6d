/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxInquiry: what another process asks the members of ours. It is told at once whom we ask, then what they answer, once a turn, and at last that no more
 * will come.
 */
#pragma once

#include "groups/nx-groups-private.h"
#include "groups/nx-report-private.h"

G_BEGIN_DECLS

/* So many at once. */
#define NX_INQUIRIES_MAX 1024

/* @group: (nullable): we have none of that name, and that is what is told. FALSE: there are too many. */
gboolean nx_inquiry_begin (NxGroups *groups, NxGroup *group, const NxQuery *query);
/* Nobody can be told any more. */
void nx_inquiry_end_all (NxGroups *groups);

G_END_DECLS
