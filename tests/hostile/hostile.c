/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hostile.h"

#include <string.h>

Client *
say (Fixture *f, const char *text)
{
  Client *client = client_connect (f);

  client_send_raw (client, text, strlen (text));
  return client;
}

const char *
get_body (Client *client)
{
  const char *end;

  if (client->head->len == 0 || client->head->data[client->head->len - 1] != '\0')
    g_byte_array_append (client->head, (const guint8 *) "", 1);
  end = strstr ((const char *) client->head->data, "\r\n\r\n");
  return end != NULL ? end + 4 : "";
}

guint
get_uint (Fixture *f, const char *property)
{
  guint value;

  g_object_get (f->app, property, &value, NULL);
  return value;
}

/* -- The echo -- */

#define HOSTILE_TYPE_ECHO (echo_get_type ())
G_DECLARE_FINAL_TYPE (Echo, echo, HOSTILE, ECHO, NxController)

struct _Echo
{
  NxController parent_instance;
  Fixture *f;
};

G_DEFINE_FINAL_TYPE (Echo, echo, NX_TYPE_CONTROLLER)

static void
echo_on_connect (NxController *controller, NxWebSocket *ws, GError **error)
{
  note (HOSTILE_ECHO (controller)->f, "connect");
  nx_web_socket_accept (ws, error);
}

static void
echo_on_receive (NxController *controller, NxWebSocket *ws, NxMessage *message, GError **error)
{
  const char *text = nx_message_get_text (message);
  gsize size = nx_message_get_size (message);

  if (text != NULL && size < 64)
    note (HOSTILE_ECHO (controller)->f, "%s", text);
  else
    note (HOSTILE_ECHO (controller)->f, "%" G_GSIZE_FORMAT, size);
  nx_web_socket_send_message (ws, message, error);
}

static void
echo_on_disconnect (NxController *controller, NxWebSocket *ws, guint code, const char *reason)
{
  note (HOSTILE_ECHO (controller)->f, "gone:%u", code);
}

static void
echo_class_init (EchoClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_connect = echo_on_connect;
  NX_CONTROLLER_CLASS (klass)->on_receive = echo_on_receive;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = echo_on_disconnect;
}

static void
echo_init (Echo *self)
{
}

void
serve_echo (Fixture *f)
{
  g_autoptr (NxController) controller = g_object_new (HOSTILE_TYPE_ECHO, NULL);

  HOSTILE_ECHO (controller)->f = f;
  nx_router_add_controller (NX_ROUTER (f->app), "/", controller, NULL);
}
