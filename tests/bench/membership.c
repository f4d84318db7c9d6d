/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a membership costs: memory that malloc() has given out, for websockets that join one group or many; and joining and leaving, which take as long
 * in a large group as in a small one.
 */
#include <nexws.h>

#include <malloc.h>
#include <stdio.h>

#include "groups/nx-group-private.h"
#include "nx-web-socket-private.h"

#define N_WEB_SOCKETS 10000

static gsize
get_used (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* Websockets without a connection: they are open, and that is all. */
static NxWebSocket **
make_web_sockets (NxGroup *group, guint n)
{
  NxWebSocket **all = g_new (NxWebSocket *, n);

  for (guint i = 0; i < n; i++)
    {
      all[i] = g_object_new (NX_TYPE_WEB_SOCKET, NULL);
      all[i]->app_handle = nx_app_handle_ref (group->groups->app_handle);
      all[i]->state = NX_STATE_OPEN;
    }
  return all;
}

static void
leave_all (NxWebSocket **all, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      nx_groups_leave_all (all[i]);
      all[i]->state = NX_STATE_CLOSED;
      g_object_unref (all[i]);
    }
  g_free (all);
}

static void
measure_memory (NxApp *app, guint n_groups)
{
  g_autoptr (GPtrArray) groups = g_ptr_array_new_with_free_func (g_object_unref);
  guint n = N_WEB_SOCKETS / n_groups;
  NxWebSocket **all;
  gsize before;

  for (guint i = 0; i < n_groups; i++)
    {
      g_autofree char *name = g_strdup_printf ("group %u", i);

      g_ptr_array_add (groups, nx_app_dup_group (app, name, NULL));
    }
  all = make_web_sockets (groups->pdata[0], n);
  before = get_used ();
  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < n_groups; j++)
      nx_group_add (groups->pdata[j], all[i], NULL);
  printf ("%5u websockets in %3u groups each: %.1f octets a membership\n", n, n_groups,
          (double) (get_used () - before) / (n * n_groups));
  leave_all (all, n);
}

static void
measure_time (NxApp *app, guint n)
{
  g_autoptr (NxGroup) group = nx_app_dup_group (app, "group", NULL);
  NxWebSocket **all = make_web_sockets (group, n);
  gint64 start;
  guint n_rounds = 1000000 / n;

  start = g_get_monotonic_time ();
  for (guint round = 0; round < n_rounds; round++)
    {
      for (guint i = 0; i < n; i++)
        nx_group_add (group, all[i], NULL);
      for (guint i = 0; i < n; i++)
        nx_group_remove (group, all[i * 7919u % n]);
      /* 7919 is prime: each has its turn, in no order. */
    }
  printf ("%5u members: %.3f us to join and leave\n", n,
          (double) (g_get_monotonic_time () - start) / ((double) n_rounds * n));
  leave_all (all, n);
}

int
main (void)
{
  g_autoptr (NxApp) app = nx_app_new ();

  measure_memory (app, 1);
  measure_memory (app, 10);
  measure_memory (app, 100);
  measure_time (app, 10);
  measure_time (app, 100);
  measure_time (app, 1000);
  measure_time (app, 10000);
  return 0;
}
