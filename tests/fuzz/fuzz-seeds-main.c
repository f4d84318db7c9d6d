/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a target without libFuzzer, so that every build tries it: on each file that is named, and on mutations of it that are
 * always the same.
 */
#include "config.h"

#include "fuzz-mutate.h"

#define N_MUTATIONS 2000

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
run_file (const char *path)
{
  g_autofree char *contents = NULL;
  g_autoptr (GByteArray) input = g_byte_array_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GError) error = NULL;
  gsize length;

  if (!g_file_get_contents (path, &contents, &length, &error))
    g_error ("%s", error->message);
  for (guint i = 0; i <= N_MUTATIONS; i++)
    {
      g_byte_array_set_size (input, 0);
      g_byte_array_append (input, (const guint8 *) contents, length);
      for (guint n = 0; n < i % 5; n++)
        fuzz_mutate (input, rand);
      LLVMFuzzerTestOneInput (input->data, input->len);
    }
}

int
main (int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    run_file (argv[i]);
  g_print ("%d seeds\n", argc - 1);
  return 0;
}
