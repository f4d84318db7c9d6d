/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What streams of every class have in common; what they promise is in stream-contract.c. */
#include "config.h"

#include "harness.h"

typedef struct
{
  NxStream parent;
  GString *log;
} Recorder;

static gssize
recorder_read (NxStream *stream, guint8 *buffer, gsize size)
{
  g_string_append_printf (((Recorder *) stream)->log, "read %d ", (int) size);
  return 7;
}

static gssize
recorder_write (NxStream *stream, const struct iovec *parts, guint n_parts)
{
  g_string_append_printf (((Recorder *) stream)->log, "write %u ", n_parts);
  return 8;
}

static void
recorder_set_interest (NxStream *stream, NxReady interest)
{
  g_assert_cmpint (stream->interest, ==, interest);
  g_string_append_printf (((Recorder *) stream)->log, "interest %d ", (int) interest);
}

static void
recorder_shutdown_write (NxStream *stream)
{
  g_string_append (((Recorder *) stream)->log, "shutdown ");
}

static void
recorder_free (NxStream *stream)
{
  g_string_append (((Recorder *) stream)->log, "free");
  nx_stream_clear (stream);
}

static GTlsCertificate *
recorder_dup_peer_certificate (NxStream *stream)
{
  return g_object_ref (get_certificate (CERTIFICATE_CLIENT));
}

static const NxStreamClass recorder_class = {
  .read = recorder_read,
  .write = recorder_write,
  .set_interest = recorder_set_interest,
  .shutdown_write = recorder_shutdown_write,
  .free = recorder_free,
};

static gboolean
recorder_has_unsent (NxStream *stream)
{
  return TRUE;
}

/* What most streams do without. */
static const NxStreamClass recorder_of_more_class = {
  .has_unsent = recorder_has_unsent,
  .free = recorder_free,
  .dup_peer_certificate = recorder_dup_peer_certificate,
};

static void
recorder_init (Recorder *self, Ground *g, const NxStreamClass *klass)
{
  *self = (Recorder){ .log = g->log };
  nx_stream_init (&self->parent, klass, g->reactor,
                  g_inet_socket_address_new_from_string ("192.0.2.1", 1),
                  g_inet_socket_address_new_from_string ("192.0.2.2", 2));
}

static void
ready_cb (NxStream *stream, NxReady ready, gpointer owner)
{
}

/* The class hears of an interest only when it is another one. */
static void
test_dispatch (Ground *g)
{
  Recorder recorder;
  NxStream *stream = &recorder.parent;
  guint8 octet;
  struct iovec parts[2];

  recorder_init (&recorder, g, &recorder_class);
  nx_stream_set_owner (stream, ready_cb, g, NX_READY_READ);
  g_assert_true (stream->func == ready_cb);
  g_assert_true (stream->owner == g);
  nx_stream_set_interest (stream, NX_READY_READ);
  nx_stream_set_interest (stream, NX_READY_WRITE);
  nx_stream_set_owner (stream, NULL, NULL, NX_READY_WRITE);
  g_assert_cmpint (nx_stream_read (stream, &octet, 1), ==, 7);
  g_assert_cmpint (nx_stream_write (stream, parts, 2), ==, 8);
  g_assert_null (nx_stream_dup_peer_certificate (stream));
  g_assert_false (nx_stream_has_unsent (stream));
  nx_stream_shutdown_write (stream);
  stream->credentials = g_credentials_new ();
  nx_stream_free (stream);
  assert_log (g, "interest 1 interest 2 read 1 write 2 shutdown free");
}

static void
test_of_some_classes (Ground *g)
{
  g_autoptr (GTlsCertificate) certificate = NULL;
  Recorder recorder;

  recorder_init (&recorder, g, &recorder_of_more_class);
  certificate = nx_stream_dup_peer_certificate (&recorder.parent);
  g_assert_true (certificate == get_certificate (CERTIFICATE_CLIENT));
  g_assert_true (nx_stream_has_unsent (&recorder.parent));
  nx_stream_free (&recorder.parent);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_scenario ("/stream/dispatch", OVER_MEMORY, test_dispatch);
  add_scenario ("/stream/of-some-classes", OVER_MEMORY, test_of_some_classes);
  return g_test_run ();
}
