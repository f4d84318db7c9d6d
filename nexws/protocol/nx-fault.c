/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-fault-private.h"

/* The codes are those of RFC 6455 section 7.4.1; 1011 is "unexpected condition" on our side. */
static const struct
{
  const char *name;
  guint16 close_code;
} faults[NX_N_FAULTS] = {
  [NX_FAULT_NONE] = { "none", 0 },
  [NX_FAULT_RESERVED_BITS] = { "reserved-bits", 1002 },
  [NX_FAULT_RESERVED_OPCODE] = { "reserved-opcode", 1002 },
  [NX_FAULT_UNMASKED] = { "unmasked", 1002 },
  [NX_FAULT_MASKED] = { "masked", 1002 },
  [NX_FAULT_LENGTH_NOT_MINIMAL] = { "length-not-minimal", 1002 },
  [NX_FAULT_LENGTH_TOP_BIT] = { "length-top-bit", 1002 },
  [NX_FAULT_CONTROL_TOO_LONG] = { "control-too-long", 1002 },
  [NX_FAULT_CONTROL_FRAGMENTED] = { "control-fragmented", 1002 },
  [NX_FAULT_CONTINUATION_UNEXPECTED] = { "continuation-unexpected", 1002 },
  [NX_FAULT_CONTINUATION_EXPECTED] = { "continuation-expected", 1002 },
  [NX_FAULT_MESSAGE_TOO_BIG] = { "message-too-big", 1009 },
  [NX_FAULT_TOO_MANY_FRAGMENTS] = { "too-many-fragments", 1008 },
  [NX_FAULT_TOO_MANY_CONTROL_FRAMES] = { "too-many-control-frames", 1008 },
  [NX_FAULT_UTF8] = { "utf8", 1007 },
  [NX_FAULT_CLOSE_TOO_SHORT] = { "close-too-short", 1002 },
  [NX_FAULT_CLOSE_CODE] = { "close-code", 1002 },
  [NX_FAULT_CLOSE_UTF8] = { "close-utf8", 1007 },
  [NX_FAULT_DEFLATE] = { "deflate", 1007 },
  [NX_FAULT_NO_MEMORY] = { "no-memory", 1011 },
};

const char *
nx_fault_to_string (NxFault fault)
{
  g_assert (fault < NX_N_FAULTS);

  return faults[fault].name;
}

guint
nx_fault_to_close_code (NxFault fault)
{
  g_assert (fault < NX_N_FAULTS);

  return faults[fault].close_code;
}
