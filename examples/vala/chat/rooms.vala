// SPDX-License-Identifier: LGPL-2.1-or-later
// Rooms: who is in one, and what was said there last. What is said goes by a group, to whatever process somebody is connected.
namespace Chat {
  const int MAX_HISTORY = 50;
  // Who is alone in a room and loads the page anew should find again what was said. So the rooms that were left last are kept; older
  // ones are forgotten, or whoever makes up names would fill the memory.
  const int MAX_EMPTY_ROOMS = 32;
  const uint CLOSE_TAKEN_OVER = 4001;

  // The members of a message.
  class Values {
    public Json.Object object = new Json.Object ();

    public Values (string type) {
      object.set_string_member ("type", type);
    }

    public unowned Values add (string name, string value) {
      object.set_string_member (name, value);
      return this;
    }

    // Milliseconds, as JavaScript counts them.
    public unowned Values add_time () {
      object.set_int_member ("time", get_real_time () / 1000);
      return this;
    }

    public Json.Node to_node () {
      var node = new Json.Node (OBJECT);

      node.set_object (object);
      return node;
    }

    public Nx.Message to_message () {
      return new Nx.Message.json (to_node ());
    }
  }

  // Who has just gone, or reads too slowly, must not keep the others from what is said.
  void send (Nx.WebSocket ws, Nx.Message message) {
    try {
      ws.send_message (message);
    } catch (Error e) {
      debug ("%s: %s", ws.id, e.message);
    }
  }

  class Person {
    public Nx.WebSocket ws;
    public string name;
    public string? key; // what proves to be the same person

    public Person (Nx.WebSocket ws, string name, string? key) {
      this.ws = ws;
      this.name = name;
      this.key = key;
    }

    public Json.Node to_presence () {
      return new Values ("person").add ("name", name).add ("id", ws.id).add ("key", key ?? "").to_node ();
    }
  }

  class Room : Object {
    public string name;
    public GenericArray<Person> people = new GenericArray<Person> (); // who is connected here
    public Queue<Json.Object> history = new Queue<Json.Object> (); // for those who are new
    // Of all who are in it, wherever, by their folded ones: what those here were told.
    private HashTable<string, string> names = new HashTable<string, string> (str_hash, str_equal);
    private Nx.Group group; // keeps what was said for those who come again

    public Room (Nx.App app, string name) throws Error {
      this.name = name;
      group = app.dup_group (fold (name));
      group.history_size = MAX_HISTORY;
      group.presence_changed.connect (on_presence);
    }

    public void forget () {
      group.presence_changed.disconnect (on_presence);
      // Or what it keeps would keep it.
      group.history_size = 0;
    }

    // Each by itself: what is sent to the group and not kept does not reach who still waits for what was said before.
    private void tell_those_here (string type, string name, Person? excluded = null) {
      var message = new Values (type).add ("name", name).add_time ().to_message ();

      foreach (unowned var person in people)
        if (person != excluded)
          send (person.ws, message);
    }

    private unowned Person? find (string folded) {
      foreach (unowned var person in people)
        if (fold (person.name) == folded)
          return person;
      return null;
    }

    private unowned Person? find_by_web_socket (Nx.WebSocket ws) {
      foreach (unowned var person in people)
        if (person.ws == ws)
          return person;
      return null;
    }

    // Somebody came or went, here or at another process, or is connected anew.
    private void on_presence (string folded, Json.Node? meta) {
      var person = find (folded);
      var known = names[folded];

      if (meta == null) {
        if (known != null) {
          names.remove (folded);
          tell_those_here ("left", known);
        }
        return;
      }
      unowned var object = meta.get_object ();
      if (known == null) {
        names[folded] = object.get_string_member ("name");
        tell_those_here ("joined", names[folded], person);
      }
      // Who has come in by another process is gone from this one.
      if (person != null && object.get_string_member ("id") != person.ws.id)
        end (person.ws);
    }

    private void end (Nx.WebSocket ws) {
      try {
        ws.close (CLOSE_TAKEN_OVER, "You came in by another connection");
      } catch (Error e) {
        debug ("%s: %s", ws.id, e.message);
      }
    }

    private Json.Array list_names () {
      var list = new Json.Array ();

      foreach (unowned var person in people)
        list.add_string_element (person.name);
      foreach (unowned var folded in names.get_keys ())
        if (find (folded) == null)
          list.add_string_element (names[folded]);
      return list;
    }

    // Who comes again gets what it missed, or that something is gone, in front of the welcome; who is new finds the last messages in it.
    // Where they may have been said at other processes, they come behind it, since they are fetched.
    private void welcome (Person person, string? after) throws Error {
      var values = new Values ("welcome").add ("room", name).add ("name", person.name);
      var said = new Json.Array ();

      var last = group.dup_last_id ();
      if (last != null)
        values.add ("last", last);
      if (after == null && person.ws.app.backplane == null) {
        group.add (person.ws);
        foreach (unowned var one in history.head)
          said.add_object_element (one);
      } else {
        group.add_after (person.ws, after);
      }
      values.object.set_array_member ("members", list_names ());
      values.object.set_array_member ("history", said);
      send (person.ws, values.to_message ());
      group.set_presence (person.ws, fold (person.name), person.to_presence ());
    }

    // Of who has a name, here or at another process; null: nobody has.
    private string? find_key (string folded) {
      unowned var person = find (folded);

      if (person != null)
        return person.key ?? "";
      if (!(folded in names))
        return null;
      return group.dup_presence ().get_object ().get_object_member (folded).get_string_member ("key");
    }

    public void enter (Nx.WebSocket ws, string name, string? key, string? after) throws Error {
      var owner = find_key (fold (name));
      if (owner != null && owner != key)
        throw new Mistake.NAME_TAKEN ("Somebody here has this name already. Please choose another one.");
      var person = find (fold (name));
      if (person == null) {
        person = new Person (ws, name, key);
        people.add (person);
        welcome (person, after);
        return;
      }
      // Who lost the network comes back before the server has noticed. It is the same person, so nobody else is told.
      var before = person.ws;
      person.ws = ws;
      welcome (person, after);
      group.remove (before);
      end (before);
    }

    // False: another connection had taken the place of this one, so nobody leaves.
    public bool leave (Nx.WebSocket ws) {
      unowned var person = find_by_web_socket (ws);

      if (person == null)
        return false;
      people.remove (person);
      group.remove (ws);
      return true;
    }

    public void say (Nx.WebSocket ws, string id, string text) {
      unowned var person = find_by_web_socket (ws);

      if (person == null)
        return;
      var said = new Values ("said").add ("id", id).add ("name", person.name).add ("text", text).add_time ();
      group.send_message (said.to_message (), null);
      history.push_tail (said.object);
      if (history.length > MAX_HISTORY)
        history.pop_head ();
    }

    public void note_typing (Nx.WebSocket ws) {
      unowned var person = find_by_web_socket (ws);

      if (person != null)
        group.send_volatile (new Values ("typing").add ("name", person.name).to_message (), ws);
    }
  }

  class Rooms {
    private HashTable<string, Room> rooms = new HashTable<string, Room> (str_hash, str_equal); // by folded name
    private Queue<Room> empty = new Queue<Room> (); // those of them that nobody is in, the one left first in front

    // The room of that name, made when there is none.
    public Room open (Nx.App app, string name) throws Error {
      var folded = fold (name);
      var room = rooms[folded];

      if (room == null) {
        room = new Room (app, name);
        rooms[folded] = room;
      }
      empty.remove (room);
      return room;
    }

    private void forget (Room room) {
      rooms.remove (fold (room.name));
      room.forget ();
    }

    public void leave (Room room, Nx.WebSocket ws) {
      if (!room.leave (ws) || room.people.length > 0)
        return;
      if (room.history.length > 0)
        empty.push_tail (room);
      else
        forget (room);
      if (empty.length > MAX_EMPTY_ROOMS)
        forget (empty.pop_head ());
    }
  }
}
