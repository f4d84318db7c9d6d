/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxTestStream: the far end of an NxMemoryStream as a GIOStream, for libsoup's frame engine to live on.
 */
#pragma once

#include "testing/nx-test-tap-private.h"
#include "transport/nx-memory-stream-private.h"
#include "transport/nx-pollable-stream-private.h"

G_BEGIN_DECLS

#define NX_TYPE_TEST_STREAM (nx_test_stream_get_type ())
G_DECLARE_FINAL_TYPE (NxTestStream, nx_test_stream, NX, TEST_STREAM, NxPollableStream)

/*
 * @tap: gets what is read; its owner's for as long as the stream is read. @early: what has been taken of the peer already, to be
 * read first; copied.
 */
NxTestStream *nx_test_stream_new (NxMemoryPeer *peer,
                                  NxTestTap *tap,
                                  const guint8 *early,
                                  gsize length);

/* Something may have come: wakes who waits for it. */
void nx_test_stream_look (NxTestStream *self);
/* One that does not read leaves in the peer what comes. */
void nx_test_stream_set_reading (NxTestStream *self, gboolean reading);
/* No more leaves (FIN); what is written from now on is lost. */
void nx_test_stream_half_close (NxTestStream *self);
/* Everything fails from now on, at both ends (RST). */
void nx_test_stream_cut (NxTestStream *self);

G_END_DECLS
