/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxRedisBackplane where there is no hiredis: it is there to say so. */
#include "config.h"

#include "groups/nx-redis-backplane.h"

#include "nx-error-private.h"

struct _NxRedisBackplane
{
  NxBackplane parent_instance;
};

G_DEFINE_FINAL_TYPE (NxRedisBackplane, nx_redis_backplane, NX_TYPE_BACKPLANE)

static void
nx_redis_backplane_class_init (NxRedisBackplaneClass *klass)
{
}

static void
nx_redis_backplane_init (NxRedisBackplane *self)
{
}

NxRedisBackplane *
nx_redis_backplane_new (const char *uri, GError **error)
{
  g_return_val_if_fail (uri != NULL, NULL);

  nx_error_set (error, NX_ERROR_UNSUPPORTED,
                "There is no Redis backplane: this nexws was built without hiredis");
  return NULL;
}
