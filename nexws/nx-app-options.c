/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-app-options-private.h"

void
nx_app_options_clear (NxAppOptions *self)
{
  g_free (self->address);
  g_free (self->unix_path);
  g_free (self->certificate);
  g_free (self->key);
  g_free (self->backplane);
  g_free (self->workers);
  g_strfreev (self->settings);
  g_free (self->description);
}

gboolean
nx_app_options_parse (NxAppOptions *self, char **argv, gboolean is_program, GError **error)
{
  const GOptionEntry entries[] = {
    { "address", 'a', 0, G_OPTION_ARG_STRING, &self->address,
      "Where to listen: an IP address, localhost (the default), or * for all interfaces",
      "ADDRESS" },
    { "port", 'p', 0, G_OPTION_ARG_INT, &self->port, "TCP port (default 8000); 0 picks a free one",
      "PORT" },
    { "unix", 'u', 0, G_OPTION_ARG_FILENAME, &self->unix_path, "Listen on a unix socket", "PATH" },
    { "tls-certificate", 0, 0, G_OPTION_ARG_FILENAME, &self->certificate,
      "Speak TLS with this certificate (PEM)", "FILE" },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &self->key,
      "Its private key, when the certificate's file does not have it", "FILE" },
    { "backplane", 0, 0, G_OPTION_ARG_STRING, &self->backplane,
      "Share groups with other processes over this Redis (redis://…); else NEXWS_BACKPLANE says it",
      "URI" },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->settings,
      "Set a property of the app, such as max-message-size=65536", "PROPERTY=VALUE" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  const GOptionEntry program_entries[] = {
    { "workers", 'w', 0, G_OPTION_ARG_STRING, &self->workers,
      "Serve with so many processes; 0 or auto: one for each processor", "N" },
    { "routes", 0, 0, G_OPTION_ARG_NONE, &self->lists_routes,
      "List the routes, and do nothing else", NULL },
    { "describe", 0, 0, G_OPTION_ARG_STRING, &self->description,
      "Print what goes over the wire as asyncapi, jsonschema or typescript, and do nothing else",
      "FORMAT" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) arguments = g_strdupv (argv);

  g_option_context_add_main_entries (context, entries, NULL);
  if (is_program)
    g_option_context_add_main_entries (context, program_entries, NULL);
  if (!g_option_context_parse_strv (context, &arguments, error))
    return FALSE;
  if (arguments != NULL && arguments[0] != NULL && arguments[1] != NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                   "What is \"%s\"? --help lists the options", arguments[1]);
      return FALSE;
    }
  if (self->port != NX_APP_NO_PORT && (self->port < 0 || self->port > G_MAXUINT16))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--port: %d is not a port; 0 to 65535 are", self->port);
      return FALSE;
    }
  return TRUE;
}

gboolean
nx_app_options_has_address (const NxAppOptions *self)
{
  return self->address != NULL || self->port != NX_APP_NO_PORT;
}

guint16
nx_app_options_get_port (const NxAppOptions *self)
{
  return self->port != NX_APP_NO_PORT ? (guint16) self->port : NX_APP_DEFAULT_PORT;
}
