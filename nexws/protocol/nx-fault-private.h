/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxFault: why a connection failed. One value a MUST that can be broken, so that logs and tests
 * name the cause and the peer gets its close code.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  NX_FAULT_NONE,
  NX_FAULT_RESERVED_BITS,
  NX_FAULT_RESERVED_OPCODE,
  NX_FAULT_UNMASKED,
  NX_FAULT_MASKED,
  NX_FAULT_LENGTH_NOT_MINIMAL,
  NX_FAULT_LENGTH_TOP_BIT,
  NX_FAULT_CONTROL_TOO_LONG,
  NX_FAULT_CONTROL_FRAGMENTED,
  NX_FAULT_CONTINUATION_UNEXPECTED,
  NX_FAULT_CONTINUATION_EXPECTED,
  NX_FAULT_MESSAGE_TOO_BIG,
  NX_FAULT_TOO_MANY_FRAGMENTS,
  NX_FAULT_TOO_MANY_CONTROL_FRAMES,
  NX_FAULT_UTF8,
  NX_FAULT_CLOSE_TOO_SHORT,
  NX_FAULT_CLOSE_CODE,
  NX_FAULT_CLOSE_UTF8,
  NX_FAULT_DEFLATE,
  NX_FAULT_NO_MEMORY, /* ours, not the peer's; but its message was what did not fit */
  NX_N_FAULTS,
} NxFault;

const char *nx_fault_to_string (NxFault fault);
/* 0 for NX_FAULT_NONE. */
guint nx_fault_to_close_code (NxFault fault);

G_END_DECLS
