/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "protocol/nx-frame-header-private.h"
#include "protocol/nx-receiver-private.h"

G_BEGIN_DECLS

/* RFC 6455 section 5.5: in the opcode, and how long a payload may be. */
#define NX_CONTROL_BIT 0x8
#define NX_CONTROL_PAYLOAD_MAX 125

/* What the header alone tells, before anything of the payload is looked at. Counts control frames. */
NxFault nx_receiver_judge_frame (NxReceiver *self, const NxFrameHeader *header);

G_END_DECLS
