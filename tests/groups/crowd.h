/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients with their websockets, for the tests of groups. */
#pragma once

#include "fixture.h"

#include "groups/nx-group-private.h"

typedef struct
{
  Client *client;
  NxWebSocket *ws; /* owned by the test until its end, so that it can be asked afterwards */
} Person;

/* A new client at "/", which is served by a route that accepts. The person lives as long as the test. */
Person *crowd_open (Fixture *f);
/* The same, with headers. */
Person *crowd_open_with (Fixture *f, const char *headers);
/* The same, and a member of @group. */
Person *crowd_join (Fixture *f, NxGroup *group);
/* A group of the app. */
NxGroup *crowd_group (Fixture *f, const char *name);
/* The connection is cut, and the server has noticed. */
void crowd_cut (Person *person);
/* What came, joined by spaces; "" when nothing did. */
char *crowd_take (Person *person);
#define crowd_expect(person, expected)                                                             \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *taken_ = crowd_take (person);                                                 \
    g_assert_cmpstr (taken_, ==, expected);                                                        \
  }                                                                                                \
  G_STMT_END
/* Notes `+N` and `-N` for who joins and leaves, N being the number of the person. */
void crowd_note_changes (Fixture *f, NxGroup *group);

/* Each letter is a message of text. */
void crowd_send_letters (NxGroup *group, const char *letters);
/* What came from a group with history, in short: text, `<` for a gap, `!` in front of what is not recorded; and, where @last_id is not NULL, what
 * the last id is. */
char *crowd_take_letters (Person *person, char **last_id);
#define crowd_expect_letters(person, last_id, expected)                                            \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *letters_ = crowd_take_letters (person, last_id);                              \
    g_assert_cmpstr (letters_, ==, expected);                                                      \
  }                                                                                                \
  G_STMT_END
/* A new client, which has seen what is up to @after (nullable). */
Person *crowd_come_again (Fixture *f, NxGroup *group, const char *after);

/* (transfer full): the number of the question that came, which is taken away. */
char *crowd_take_question (Person *person, const char *expected_text);
/* @more: further members of the object, with a comma in front. */
void crowd_answer (Person *person, const char *number, const char *more);
