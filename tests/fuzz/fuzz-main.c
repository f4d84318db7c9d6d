/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs fuzz-receiver without libFuzzer, so that every build tries it: on the cases of
 * protocol/cases/NAME.txt, each under all settings of compression and some of limits, and on
 * mutations of them that are always the same; or on single files, such as libFuzzer leaves behind.
 * `--write DIR` makes a corpus for libFuzzer of the cases.
 */
#include "config.h"

#include <string.h>

#include "fuzz-mutate.h"
#include "fuzz-receiver.h"
#include "wire-case.h"

#define N_MUTATIONS 60
/* Longer inputs are slow and find nothing. */
#define MAX_SEED 20000

static char *write_dir;
static guint n_runs;

static void
run (const GByteArray *input)
{
  if (write_dir != NULL)
    {
      g_autofree char *name =
          g_compute_checksum_for_data (G_CHECKSUM_SHA1, input->data, input->len);
      g_autofree char *path = g_build_filename (write_dir, name, NULL);
      g_autoptr (GError) error = NULL;

      if (!g_file_set_contents (path, (const char *) input->data, input->len, &error))
        g_error ("%s", error->message);
      return;
    }

  LLVMFuzzerTestOneInput (input->data, input->len);
  n_runs++;
}

static void
run_mutations (const GByteArray *seed, GRand *rand)
{
  g_autoptr (GByteArray) input = g_byte_array_new ();

  for (guint i = 0; i < N_MUTATIONS; i++)
    {
      g_byte_array_set_size (input, 0);
      g_byte_array_append (input, seed->data, seed->len);
      for (gint32 n = g_rand_int_range (rand, 1, 5); n > 0; n--)
        fuzz_mutate (input, rand);
      run (input);
    }
}

static void
run_case (const WireCase *wire_case, GRand *rand)
{
  const guint8 bits = wire_case->has_deflate ? 7 << 3 | 2 : 0;
  const guint8 settings[][2] = {
    { (guint8) (wire_case->side | bits), 6 | 3 << 3 | 3 << 5 },
    { (guint8) (wire_case->side | bits | 4), 4 | 3 << 3 | 2 << 5 },
    { (guint8) (wire_case->side | 1 << 3 | 2), 2 | 1 << 3 | 1 << 5 },
  };

  if (wire_case->input->len > MAX_SEED)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      const guint8 cut = (guint8) g_rand_int (rand);
      g_autoptr (GByteArray) input = g_byte_array_new ();

      g_byte_array_append (input, settings[i], 2);
      g_byte_array_append (input, &cut, 1);
      g_byte_array_append (input, wire_case->input->data, wire_case->input->len);
      run (input);
      if (write_dir == NULL)
        run_mutations (input, rand);
    }
}

static void
run_cases (const char *path)
{
  g_autoptr (GPtrArray) cases = wire_cases_load (path);
  g_autoptr (GRand) rand = g_rand_new_with_seed (cases->len);

  for (guint i = 0; i < cases->len; i++)
    run_case (g_ptr_array_index (cases, i), rand);
}

static void
run_file (const char *path)
{
  char *contents;
  gsize length;
  g_autoptr (GByteArray) input = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (path, &contents, &length, &error))
    g_error ("%s", error->message);
  input = g_byte_array_new_take ((guint8 *) contents, length);
  run (input);
}

int
main (int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    {
      if (g_str_equal (argv[i], "--write") && i + 1 < argc)
        write_dir = argv[++i];
      else if (g_str_has_suffix (argv[i], ".txt"))
        run_cases (argv[i]);
      else
        run_file (argv[i]);
    }

  g_print ("%u inputs\n", n_runs);
  return 0;
}
