/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxQuestion: a message that is to be answered: who was asked, who has answered, and until when that is awaited. It goes out with
 * "nx": {"ask": NUMBER}, and a JSON object with "nx": {"answer": NUMBER} is taken for the answer, and delivered to nobody else.
 */
#pragma once

#include "nx-connection-list-private.h"
#include "nx-web-socket-private.h"

G_BEGIN_DECLS

typedef struct _NxQuestion NxQuestion;
/* @ws has answered. From inside of what came, so it calls nothing of the application. */
typedef void (*NxQuestionAnswerFunc) (NxQuestion *self,
                                      NxWebSocket *ws,
                                      NxMessage *answer,
                                      gpointer data);
/* All have answered, left, or let the time pass; or it was cancelled. The last call, from the loop or from inside what ended it. */
typedef void (*NxQuestionFunc) (NxQuestion *self, gpointer data);

struct _NxQuestion
{
  guint64 number;
  NxReactor *reactor;
  NxTimer timer;
  GHashTable *asked; /* of NxWebSocket, owned: those who have not answered */
  GPtrArray
      *missing; /* of ids: who has left without an answer, and in the end who has not answered */
  gboolean is_late; /* the time has passed */
  NxQuestionAnswerFunc answered;
  NxQuestionFunc func;
  gpointer data;
};

NxQuestion *nx_question_new (NxReactor *reactor,
                             NxQuestionAnswerFunc answered,
                             NxQuestionFunc func,
                             gpointer data);
void nx_question_free (NxQuestion *self);
/* (transfer full): @message as it is asked. */
NxMessage *nx_question_wrap (NxQuestion *self, NxMessage *message);
void nx_question_expect (NxQuestion *self, NxWebSocket *ws);
/* (transfer full) (element-type NxWebSocket): expects all of @members who can be asked, but @excluding (nullable). */
GPtrArray *nx_question_expect_all (NxQuestion *self,
                                   NxConnectionList *members,
                                   NxWebSocket *excluding);
/* All who are asked are known: with nobody, it is over in the next turn. */
void nx_question_start (NxQuestion *self, guint timeout_ms);
void nx_question_end (NxQuestion *self);

G_END_DECLS
