// SPDX-License-Identifier: LGPL-2.1-or-later
// Rooms: who is in one, and what was said there last.
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

    public Nx.Message to_message () {
      var node = new Json.Node (OBJECT);

      node.set_object (object);
      return new Nx.Message.json (node);
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
  }

  class Room {
    public string name;
    public GenericArray<Person> people = new GenericArray<Person> ();
    public Queue<Json.Object> history = new Queue<Json.Object> ();

    public Room (string name) {
      this.name = name;
    }

    // One message, framed once, for all of them.
    private void tell_all (Values values, Nx.WebSocket? excluded = null) {
      var message = values.to_message ();

      foreach (unowned var person in people)
        if (person.ws != excluded)
          send (person.ws, message);
    }

    private void welcome (Person person) {
      var values = new Values ("welcome").add ("room", name).add ("name", person.name);
      var members = new Json.Array ();
      var said = new Json.Array ();

      foreach (unowned var one in people)
        members.add_string_element (one.name);
      foreach (unowned var one in history.head)
        said.add_object_element (one);
      values.object.set_array_member ("members", members);
      values.object.set_array_member ("history", said);
      send (person.ws, values.to_message ());
    }

    private unowned Person? find (Nx.WebSocket ws) {
      foreach (unowned var person in people)
        if (person.ws == ws)
          return person;
      return null;
    }

    public void enter (Nx.WebSocket ws, string name, string? key) throws Error {
      foreach (unowned var person in people) {
        if (fold (person.name) != fold (name))
          continue;
        if (key == null || person.key != key)
          throw new Mistake.NAME_TAKEN ("Somebody here has this name already. Please choose another one.");
        // Who lost the network comes back before the server has noticed. It is the same person, so nobody else is told.
        person.ws.close (CLOSE_TAKEN_OVER, "You came in by another connection");
        person.ws = ws;
        welcome (person);
        return;
      }
      tell_all (new Values ("joined").add ("name", name).add_time ());
      people.add (new Person (ws, name, key));
      welcome (people[people.length - 1]);
    }

    // False: another connection had taken the place of this one, so nobody leaves.
    public bool leave (Nx.WebSocket ws) {
      unowned var person = find (ws);

      if (person == null)
        return false;
      var name = person.name;
      people.remove (person);
      tell_all (new Values ("left").add ("name", name).add_time ());
      return true;
    }

    public void say (Nx.WebSocket ws, string id, string text) {
      unowned var person = find (ws);

      if (person == null)
        return;
      var said = new Values ("said").add ("id", id).add ("name", person.name).add ("text", text).add_time ();
      tell_all (said);
      history.push_tail (said.object);
      if (history.length > MAX_HISTORY)
        history.pop_head ();
    }

    public void note_typing (Nx.WebSocket ws) {
      unowned var person = find (ws);

      if (person != null)
        tell_all (new Values ("typing").add ("name", person.name), ws);
    }
  }

  class Rooms {
    private HashTable<string, Room> rooms = new HashTable<string, Room> (str_hash, str_equal); // by folded name
    private Queue<Room> empty = new Queue<Room> (); // those of them that nobody is in, the one left first in front

    // The room of that name, made when there is none.
    public Room open (string name) {
      var key = fold (name);
      var room = rooms[key];

      if (room == null) {
        room = new Room (name);
        rooms[key] = room;
      }
      empty.remove (room);
      return room;
    }

    public void leave (Room room, Nx.WebSocket ws) {
      if (!room.leave (ws) || room.people.length > 0)
        return;
      if (room.history.length > 0)
        empty.push_tail (room);
      else
        rooms.remove (fold (room.name));
      if (empty.length > MAX_EMPTY_ROOMS)
        rooms.remove (fold (empty.pop_head ().name));
    }
  }
}
