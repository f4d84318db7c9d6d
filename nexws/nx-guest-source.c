/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-guest-source.h"

typedef struct
{
  GSource source;
  gpointer tag;
} GuestSource;

static gboolean
guest_source_check (GSource *source)
{
  return g_source_query_unix_fd (source, ((GuestSource *) source)->tag) != 0;
}

static gboolean
guest_source_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  /* Who called has to say when it wants to be called again. */
  g_source_set_ready_time (source, -1);
  return callback != NULL ? callback (data) : G_SOURCE_CONTINUE;
}

static GSourceFuncs guest_source_funcs = {
  .check = guest_source_check,
  .dispatch = guest_source_dispatch,
};

/**
 * nx_guest_source_new:
 * @fd: a descriptor that is readable when the guest has something to do, such as one of epoll
 *
 * A source through which another event loop lives on the GLib main loop, as Python's asyncio does: its callback lets that loop run one
 * round.
 *
 * The callback is called when @fd is readable, and at the ready time ([method@GLib.Source.set_ready_time]), which it has to set anew:
 * to 0 when there is more to do, to the time of the next deadline, or not at all. Nothing of the guest's is called in between, so it
 * costs the main loop no more than its descriptor.
 *
 * Returns: (transfer full): a source that is not attached yet
 *
 * Since: 0.1
 */
GSource *
nx_guest_source_new (int fd)
{
  GSource *source;

  g_return_val_if_fail (fd >= 0, NULL);

  source = g_source_new (&guest_source_funcs, sizeof (GuestSource));
  ((GuestSource *) source)->tag = g_source_add_unix_fd (source, fd, G_IO_IN);
  g_source_set_static_name (source, "nexws: a guest's loop");
  return source;
}
