/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Echo with libwebsockets: one message a writable callback, as its API wants it. */
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MESSAGES_MAX 64
#define MESSAGE_SIZE 65536

struct message
{
  size_t size;
  unsigned char *data; /* with LWS_PRE octets in front */
};

struct session
{
  struct message queue[MESSAGES_MAX];
  unsigned head, n;
  bool is_paused;
};

static int
take (struct lws *wsi, struct session *session, const void *in, size_t size)
{
  struct message *message = &session->queue[(session->head + session->n) % MESSAGES_MAX];

  message->data = malloc (LWS_PRE + size);
  memcpy (message->data + LWS_PRE, in, size);
  message->size = size;
  session->n++;
  if (session->n == MESSAGES_MAX)
    {
      session->is_paused = true;
      lws_rx_flow_control (wsi, 0);
    }
  lws_callback_on_writable (wsi);
  return 0;
}

static int
give (struct lws *wsi, struct session *session)
{
  struct message *message = &session->queue[session->head];

  if (session->n == 0)
    return 0;
  if (lws_write (wsi, message->data + LWS_PRE, message->size, LWS_WRITE_BINARY) < 0)
    return -1;
  free (message->data);
  session->head = (session->head + 1) % MESSAGES_MAX;
  session->n--;
  if (session->is_paused)
    {
      session->is_paused = false;
      lws_rx_flow_control (wsi, 1);
    }
  if (session->n > 0)
    lws_callback_on_writable (wsi);
  return 0;
}

static int
callback (struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
  switch (reason)
    {
    case LWS_CALLBACK_RECEIVE:
      return take (wsi, user, in, size);
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return give (wsi, user);
    default:
      return 0;
    }
}

static const struct lws_protocols protocols[] = {
  { "echo", callback, sizeof (struct session), MESSAGE_SIZE, 0, NULL, 0 },
  { NULL, NULL, 0, 0, 0, NULL, 0 },
};

int
main (void)
{
  struct lws_context_creation_info info = { 0 };
  struct lws_context *context;
  struct lws_vhost *vhost;

  lws_set_log_level (LLL_ERR, NULL);
  info.port = 0;
  info.iface = "lo";
  info.protocols = protocols;
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  context = lws_create_context (&info);
  vhost = lws_create_vhost (context, &info);
  if (context == NULL || vhost == NULL)
    return 1;
  printf ("listening on ws://127.0.0.1:%d\n", lws_get_vhost_listen_port (vhost));
  fflush (stdout);
  while (lws_service (context, 0) >= 0)
    ;
  return 0;
}
