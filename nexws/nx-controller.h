/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-message.h"
#include "nx-web-socket.h"

G_BEGIN_DECLS

#define NX_TYPE_CONTROLLER (nx_controller_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (NxController, nx_controller, NX, CONTROLLER, GObject)

/**
 * NxActionFunc:
 * @self: a controller
 * @ws: who asks for it
 * @message: (nullable): the members of the message, but for `type`; %NULL for an action without any
 * @user_data: data for the function
 * @error: return location for an error
 *
 * Does what a message asks for.
 *
 * An error goes to [vfunc@Controller.on_error].
 *
 * Since: 0.1
 */
typedef void (*NxActionFunc) (NxController *self,
                              NxWebSocket *ws,
                              GObject *message,
                              gpointer user_data,
                              GError **error);

/**
 * NxControllerClass:
 * @parent_class: the parent class
 * @on_connect: a client asks to come in; the default accepts
 * @on_receive: a message came
 * @on_disconnect: an accepted connection is over
 * @on_error: another function failed; the default logs it and closes with 1011, or with a code that the error has of its own
 * @on_text: a text message came; the default leaves it to @on_receive
 * @on_receive_text: the same, with the message; the default leaves it to @on_receive
 * @on_fault: the peer did wrong with an action; the default has @on_error handle it
 *
 * The class structure of [class@Controller].
 *
 * Since: 0.1
 */
struct _NxControllerClass
{
  GObjectClass parent_class;

  /**
   * NxControllerClass::on_connect:
   * @self: a controller
   * @ws: who asks to come in
   * @error: return location for an error
   *
   * Decides about a client: accepts, refuses, or defers.
   *
   * Overridden, it has to accept by itself; the default accepts.
   *
   * Since: 0.1
   */
  void (*on_connect) (NxController *self, NxWebSocket *ws, GError **error);

  /**
   * NxControllerClass::on_receive:
   * @self: a controller
   * @ws: who sent it
   * @message: what came
   * @error: return location for an error
   *
   * Handles a message that no receive waited for.
   *
   * Since: 0.1
   */
  void (*on_receive) (NxController *self, NxWebSocket *ws, NxMessage *message, GError **error);

  /**
   * NxControllerClass::on_disconnect:
   * @self: a controller
   * @ws: who has gone
   * @code: the close code
   * @reason: (nullable): the words with it
   *
   * An accepted connection is over. Called exactly once for each.
   *
   * Since: 0.1
   */
  void (*on_disconnect) (NxController *self, NxWebSocket *ws, guint code, const char *reason);

  /**
   * NxControllerClass::on_error:
   * @self: a controller
   * @ws: on whose behalf
   * @error: what went wrong
   *
   * Handles the error of another function.
   *
   * The default logs it and closes with 1011, before the handshake is decided with HTTP 500; a few errors have a code of
   * their own ([Errors](errors.html)). Nothing of the error is told to the peer. What the peer itself did wrong with an action ([method@ControllerClass.bind_action]) is told to it, with
   * 1007 or 1003.
   *
   * Since: 0.1
   */
  void (*on_error) (NxController *self, NxWebSocket *ws, GError *error);

  /**
   * NxControllerClass::on_text:
   * @self: a controller
   * @ws: who sent it
   * @text: what came
   * @error: return location for an error
   *
   * Handles a text message in place of [vfunc@Controller.on_receive], which still gets what this one cannot express: binary
   * messages, and text that holds U+0000. To a language other than C a string is cheaper than an object around it.
   *
   * Since: 0.1
   */
  void (*on_text) (NxController *self, NxWebSocket *ws, const char *text, GError **error);

  /**
   * NxControllerClass::on_receive_text:
   * @self: a controller
   * @ws: who sent it
   * @message: what came
   * @text: the text of @message
   * @error: return location for an error
   *
   * Handles a text message in place of [vfunc@Controller.on_receive], where [vfunc@Controller.on_text] does not: with the text
   * beside it, for a language to which it is dear to ask for. Binary messages and text that holds U+0000 are on_receive's still.
   *
   * Since: 0.1
   */
  void (*on_receive_text) (NxController *self,
                           NxWebSocket *ws,
                           NxMessage *message,
                           const char *text,
                           GError **error);

  /**
   * NxControllerClass::on_fault:
   * @self: a controller
   * @ws: whose peer it is
   * @code: the close code for it
   * @text: what came and what is wanted
   *
   * The peer did wrong with an action ([method@ControllerClass.bind_action]): there is none of that name, or its members are not
   * those that it takes.
   *
   * The default has [vfunc@Controller.on_error] handle it, as %NX_ERROR_INVALID_DATA, whose default closes with @code and tells
   * @text to the peer. To a language other than C a code and a text are easier to take than an error.
   *
   * Since: 0.1
   */
  void (*on_fault) (NxController *self, NxWebSocket *ws, guint code, const char *text);

  /*< private >*/
  gpointer padding[5];
};

NX_AVAILABLE_IN_ALL
NxApp *nx_controller_get_app (NxController *self);
NX_AVAILABLE_IN_ALL
NxEncoding nx_controller_get_encoding (NxController *self);
NX_AVAILABLE_IN_ALL
void nx_controller_set_encoding (NxController *self, NxEncoding encoding);
NX_AVAILABLE_IN_ALL
const char *const *nx_controller_get_subprotocols (NxController *self);
NX_AVAILABLE_IN_ALL
void nx_controller_set_subprotocols (NxController *self, const char *const *names);

NX_AVAILABLE_IN_ALL
void nx_controller_class_bind_action (NxControllerClass *klass,
                                      const char *type,
                                      GType message_type,
                                      NxActionFunc func,
                                      gpointer user_data,
                                      GDestroyNotify destroy);
NX_AVAILABLE_IN_ALL
void nx_controller_class_declare_sent (NxControllerClass *klass,
                                       const char *type,
                                       GType message_type);
NX_AVAILABLE_IN_ALL
void nx_controller_add_action (NxController *self,
                               const char *type,
                               GType message_type,
                               NxActionFunc func,
                               gpointer user_data,
                               GDestroyNotify destroy);
NX_AVAILABLE_IN_ALL
void nx_controller_add_sent (NxController *self, const char *type, GType message_type);
NX_AVAILABLE_IN_ALL
void nx_controller_class_describe_received (NxControllerClass *klass,
                                            const char *type,
                                            JsonNode *schema);
NX_AVAILABLE_IN_ALL
void nx_controller_class_describe_sent (NxControllerClass *klass,
                                        const char *type,
                                        JsonNode *schema);
NX_AVAILABLE_IN_ALL
void nx_controller_class_set_takes_other (NxControllerClass *klass, gboolean takes_other);

G_END_DECLS
