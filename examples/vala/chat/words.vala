// SPDX-License-Identifier: LGPL-2.1-or-later
// What people may call themselves and each other, rooms, and what they say.
namespace Chat {
  const int MAX_NAME = 24;
  const int MAX_ROOM = 32;
  const int MAX_TEXT = 2000;
  const int MAX_TOKEN = 64;

  // What somebody did wrong, for that person.
  errordomain Mistake {
    BAD_MESSAGE,
    NOT_JOINED,
    ALREADY_JOINED,
    NAME_INVALID,
    NAME_TAKEN,
    TEXT_INVALID
  }

  unowned string code_of (Mistake mistake) {
    const string[] CODES = { "bad-message", "not-joined", "already-joined", "name-invalid", "name-taken", "text-invalid" };
    return CODES[mistake.code];
  }

  // The name as others see it: without white space at its ends, and one space for any inside; no characters that cannot be seen.
  string to_name (string text) throws Mistake {
    var name = new StringBuilder ();
    var is_apart = false;
    unichar c;

    for (int i = 0; text.get_next_char (ref i, out c);) {
      if (c.isspace ()) {
        is_apart = name.len > 0;
        continue;
      }
      if (!c.isprint ())
        throw new Mistake.NAME_INVALID (@"A name has 1 to $MAX_NAME visible characters.");
      if (is_apart)
        name.append_c (' ');
      name.append_unichar (c);
      is_apart = false;
    }
    if (name.len == 0 || name.str.char_count () > MAX_NAME)
      throw new Mistake.NAME_INVALID (@"A name has 1 to $MAX_NAME visible characters.");
    return name.str;
  }

  // Two names, or two rooms, are the same when this is.
  string fold (string words) {
    return words.normalize (-1, NormalizeMode.NFKC).casefold ();
  }

  // A room is a part of an address, and should look well there.
  bool is_room (string room) {
    unichar c;

    for (int i = 0; room.get_next_char (ref i, out c);)
      if (!c.isalnum () && !c.ismark () && c != '-' && c != '_')
        return false;
    return room != "" && room.char_count () <= MAX_ROOM;
  }

  // Something to read, of more than white space; of the control characters only tabs and new lines.
  bool is_text (string text) {
    var is_blank = true;
    unichar c;

    if (text.char_count () > MAX_TEXT)
      return false;
    for (int i = 0; text.get_next_char (ref i, out c);) {
      if (c.iscntrl () && c != '\t' && c != '\n')
        return false;
      is_blank = is_blank && c.isspace ();
    }
    return !is_blank;
  }

  // What a page makes up: the id of what it says, and its key to a name.
  bool is_token (string token) {
    for (int i = 0; i < token.length; i++)
      if (!token[i].isalnum () && token[i] != '-' && token[i] != '_')
        return false;
    return token != "" && token.length <= MAX_TOKEN;
  }

  // Null when there is no such member, or it is of another kind.
  unowned string? get_string (Json.Object object, string member) {
    unowned var node = object.get_member (member);

    if (node == null || node.get_node_type () != VALUE || node.get_value_type () != typeof (string))
      return null;
    return node.get_string ();
  }
}
