/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WireCase: one case of cases/NAME.txt. The language, a line a field, an empty line between cases:
 *
 *   case: what is shown, in a sentence          rfc: the section that says so
 *   side: server (default) or client            limits: message=N fragments=N control=N
 *   deflate: bits=8..15 takeover|fresh          after: inside (a message is unfinished at the end)
 *   input: OCTETS (again: goes on)              expect: EVENT (again: the next event)
 *   verdict: valid | invalid | ours (the RFC leaves it open, and this is what we chose)
 *
 * OCTETS  81 85        hexadecimal
 *         "Hi\x00"     characters
 *         (...)*N      repeated
 *         [KEY ...]    KEY, and what follows masked with it; KEY is 8 hexadecimal digits
 *         <81 ...>     a whole frame: this first octet, minimal length, masked as its receiver
 * wants it
 *         {...}        compressed: raw DEFLATE, sync flush, tail taken off; {+...} goes on with the
 * last one's window
 *         @N           N microseconds pass here
 * EVENT   text|binary|ping|pong OCTETS, close CODE OCTETS, fail CODE NAME
 */
#pragma once

#include "protocol/nx-receiver-private.h"

typedef enum {
  WIRE_VALID,
  WIRE_INVALID,
  WIRE_OURS,
} WireVerdict;

typedef struct
{
  guint offset;
  gint64 length_us;
} WirePause;

typedef struct
{
  char *name;
  char *rfc;
  NxSide side;
  NxReceiverLimits limits;
  gboolean has_deflate;
  NxDeflateParams deflate;
  GByteArray *input;
  GArray *pauses;    /* WirePause, by offset */
  GString *expected; /* a line an event, as wire_log_event() writes it */
  WireVerdict verdict;
  gboolean ends_inside;
} WireCase;

/* Aborts, naming file and line, on what it does not understand. */
GPtrArray *wire_cases_load (const char *path);

void wire_log_event (GString *log, const NxEvent *event);
