/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target: three octets choose side, compression, limits and how the rest is cut; the rest is
 * what a peer sends. Anything but the documented events, in the documented shape, the same however
 * the input is cut, aborts.
 */
#include "config.h"

#include <string.h>

#include "protocol/nx-close-private.h"
#include "protocol/nx-receiver-private.h"
#include "protocol/nx-sender-private.h"

#include "fuzz-receiver.h"
#include "wire-case.h"

/* Messages up to this size are sent back through sender and receiver. */
#define MAX_ROUND_TRIP 4096

typedef struct
{
  NxSide side;
  NxReceiverLimits limits;
  NxDeflateParams deflate;
  gboolean has_deflate;
} Setting;

/* How the input is cut; the second octet of it chooses the pieces' sizes. */
typedef struct
{
  gboolean whole;
  gboolean one_event; /* a piece; what is left is held */
  GRand *rand;
} Cut;

static const gsize message_limits[8] = { 0, 1, 5, 125, 1000, 65536, 1 << 20, 1 << 22 };
static const guint fragment_limits[4] = { 1, 2, 16, 1024 };
static const guint control_limits[4] = { 0, 1, 4, 64 };

static Setting
read_setting (const guint8 *octets)
{
  const guint8 bits = 8 + (octets[0] >> 3 & 7);
  const gboolean fresh = !(octets[0] & 4);

  return (Setting) {
    .side = octets[0] & 1 ? NX_SIDE_CLIENT : NX_SIDE_SERVER,
    .has_deflate = (octets[0] & 2) != 0,
    .deflate = { fresh, fresh, bits, bits },
    .limits = {
      .max_message_size = message_limits[octets[1] & 7],
      .max_fragments = fragment_limits[octets[1] >> 3 & 3],
      .max_control_frames = control_limits[octets[1] >> 5 & 3],
    },
  };
}

static gboolean
is_text (const guint8 *octets, gsize length)
{
  /* g_utf8_validate_len() takes a NUL for the end. */
  for (const guint8 *end = octets + length; octets < end; octets++)
    {
      const guint8 *nul = memchr (octets, '\0', (gsize) (end - octets));
      const guint8 *stop = nul != NULL ? nul : end;

      if (!g_utf8_validate_len ((const char *) octets, (gsize) (stop - octets), NULL))
        return FALSE;
      octets = stop;
      if (nul == NULL)
        break;
    }
  return TRUE;
}

/* What came in goes out, compressed if that was negotiated, and comes in again as the same. */
static void
check_round_trip (const Setting *setting, const NxEvent *event)
{
  const NxSide other = setting->side == NX_SIDE_SERVER ? NX_SIDE_CLIENT : NX_SIDE_SERVER;
  g_autoptr (NxFrame) message = nx_frame_new (event->opcode, event->data, event->length);
  g_autoptr (NxFrame) compressed = NULL;
  g_autoptr (GByteArray) octets = g_byte_array_new ();
  NxReceiver receiver;
  NxSender sender;
  NxEvent again;
  gsize length;

  nx_sender_init (&sender, other,
                  setting->has_deflate && setting->deflate.client_max_window_bits > 8
                      ? &setting->deflate
                      : NULL);
  compressed = nx_sender_deflate (&sender, message);
  if (setting->side == NX_SIDE_SERVER)
    {
      nx_sender_mask_into (octets, compressed != NULL ? compressed : message, 0x12345678);
    }
  else
    {
      gconstpointer wire = nx_frame_get_wire (compressed != NULL ? compressed : message, &length);
      g_byte_array_append (octets, wire, (guint) length);
    }

  nx_receiver_init (&receiver, setting->side, &setting->limits,
                    setting->has_deflate ? &setting->deflate : NULL);
  nx_receiver_feed (&receiver, octets->data, octets->len, 0);
  g_assert_true (nx_receiver_next (&receiver, &again));
  g_assert_cmpint (again.kind, ==, NX_EVENT_MESSAGE);
  g_assert_cmpint (again.opcode, ==, event->opcode);
  g_assert_cmpmem (again.data, again.length, event->data, event->length);
  g_assert_cmpint (again.frame != NULL, ==, compressed != NULL);
  g_clear_pointer (&again.frame, nx_frame_unref);
  nx_receiver_clear (&receiver);
  nx_sender_clear (&sender);
}

static void
check_event (const Setting *setting, const NxEvent *event)
{
  g_assert_nonnull (event->data);
  g_assert_true (event->frame == NULL || event->kind == NX_EVENT_MESSAGE);

  switch (event->kind)
    {
    case NX_EVENT_MESSAGE:
      g_assert_true (event->opcode == NX_OPCODE_TEXT || event->opcode == NX_OPCODE_BINARY);
      g_assert_cmpuint (event->length, <=, setting->limits.max_message_size);
      if (event->opcode == NX_OPCODE_TEXT)
        g_assert_true (is_text (event->data, event->length));
      if (event->length <= MAX_ROUND_TRIP)
        check_round_trip (setting, event);
      break;

    case NX_EVENT_PING:
    case NX_EVENT_PONG:
      g_assert_cmpuint (event->length, <=, 125);
      break;

    case NX_EVENT_CLOSE:
      g_assert_cmpuint (event->length, <=, 123);
      g_assert_true (nx_close_code_is_valid_on_wire (event->code) || event->code == 1005);
      g_assert_true (is_text (event->data, event->length));
      break;

    case NX_EVENT_FAILURE:
      g_assert_cmpint (event->fault, >, NX_FAULT_NONE);
      g_assert_cmpint (event->fault, <, NX_FAULT_NO_MEMORY);
      g_assert_cmpuint (event->code, ==, nx_fault_to_close_code (event->fault));
      break;

    default:
      g_assert_not_reached ();
    }
}

/* FALSE: there was none. */
static gboolean
pull (NxReceiver *receiver, const Setting *setting, GString *log, gboolean *over)
{
  NxEvent event;

  if (!nx_receiver_next (receiver, &event))
    return FALSE;

  g_assert_false (*over);
  check_event (setting, &event);
  wire_log_event (log, &event);
  *over = event.kind == NX_EVENT_CLOSE || event.kind == NX_EVENT_FAILURE;
  g_clear_pointer (&event.frame, nx_frame_unref);
  return TRUE;
}

static GString *
run (const Setting *setting, const Cut *cut, const guint8 *octets, gsize size)
{
  GString *log = g_string_new (NULL);
  gboolean over = FALSE;
  NxReceiver receiver;
  gsize n;

  nx_receiver_init (&receiver, setting->side, &setting->limits,
                    setting->has_deflate ? &setting->deflate : NULL);
  for (gsize at = 0; at < size; at += n)
    {
      g_autofree guint8 *piece = NULL;

      n = cut->whole
              ? size
              : (gsize) g_rand_int_range (cut->rand, 1, g_rand_boolean (cut->rand) ? 5 : 200);
      n = MIN (n, size - at);
      piece = g_memdup2 (octets + at, n);
      nx_receiver_feed (&receiver, piece, n, 0);
      if (cut->one_event)
        pull (&receiver, setting, log, &over);
      else
        while (pull (&receiver, setting, log, &over))
          ;
      nx_receiver_hold (&receiver);
    }

  while (pull (&receiver, setting, log, &over))
    ;
  g_assert_cmpuint (nx_receiver_get_pending (&receiver), ==, 0);
  g_assert_false (nx_receiver_next (&receiver, &(NxEvent){ 0 }));
  nx_receiver_clear (&receiver);
  return log;
}

/* A peer that refers back beyond the window it agreed to is at fault, but zlib notices it only when
 * it has to ask its window, which depends on the cut. */
static gboolean
is_cut_visible (const Setting *setting)
{
  return setting->has_deflate && setting->deflate.client_max_window_bits < 15;
}

int
LLVMFuzzerTestOneInput (const guint8 *octets, size_t size)
{
  g_autoptr (GString) whole = NULL, cut = NULL;
  Setting setting;
  Cut way = { .whole = TRUE };

  if (size < FUZZ_RECEIVER_SETTING_SIZE)
    return 0;

  setting = read_setting (octets);
  way.rand = g_rand_new_with_seed (octets[2]);
  octets += FUZZ_RECEIVER_SETTING_SIZE;
  size -= FUZZ_RECEIVER_SETTING_SIZE;

  whole = run (&setting, &way, octets, size);
  way.whole = FALSE;
  way.one_event = g_rand_boolean (way.rand);
  cut = run (&setting, &way, octets, size);
  if (!is_cut_visible (&setting))
    g_assert_cmpstr (whole->str, ==, cut->str);

  g_rand_free (way.rand);
  return 0;
}
