/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of a program that is an app, and what follows from it before it serves.
 */
#pragma once

#include "nx-app.h"

G_BEGIN_DECLS

#define NX_APP_DEFAULT_PORT 8000
#define NX_APP_NO_PORT G_MININT

typedef struct
{
  char *address;
  int port; /* NX_APP_NO_PORT: not given */
  char *unix_path;
  char *certificate;
  char *key;
  char *backplane;
  char *workers; /* a number, or auto */
  char **settings;
  gboolean lists_routes;
  char *description; /* the format; NULL: none is wanted */
} NxAppOptions;

#define NX_APP_OPTIONS_INIT                                                                        \
  {                                                                                                \
    .port = NX_APP_NO_PORT                                                                         \
  }

/* @is_program: with what only nx_app_run() does. Clear it afterwards, whatever it returns. */
gboolean nx_app_options_parse (NxAppOptions *self,
                               char **argv,
                               gboolean is_program,
                               GError **error);
void nx_app_options_clear (NxAppOptions *self);
/* Whether they say where to listen on a network. */
gboolean nx_app_options_has_address (const NxAppOptions *self);
guint16 nx_app_options_get_port (const NxAppOptions *self);

/* nx-app-start.c: in this order. */
gboolean nx_app_apply_settings (NxApp *self, const NxAppOptions *options, GError **error);
gboolean nx_app_apply_backplane (NxApp *self, const NxAppOptions *options, GError **error);
gboolean nx_app_start_with (NxApp *self, const NxAppOptions *options, GError **error);

G_END_DECLS
