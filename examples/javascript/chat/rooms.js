// SPDX-License-Identifier: LGPL-2.1-or-later
// Rooms: who is in one, and what was said there last. What is said goes by a group, to whatever process somebody is connected.
import {Mistake, fold} from './words.js';

const MAX_HISTORY = 50;
// Who is alone in a room and loads the page anew should find again what was said. So the rooms that were left last are kept; older ones
// are forgotten, or whoever makes up names would fill the memory.
const MAX_EMPTY_ROOMS = 32;
const CLOSE_TAKEN_OVER = 4001;

class Room {
    history = []; // for those who are new
    members = []; // {ws, name, key} of those who are connected here
    names = new Map(); // of all who are in it, wherever, by their folded ones: what those here were told

    constructor(app, name) {
        this.name = name;
        // It keeps what was said for those who come again.
        this.group = app.group(fold(name), {historySize: MAX_HISTORY});
        this._handler = this.group.connect('presence-changed', (_, folded) => this._onPresence(folded));
    }

    forget() {
        this.group.disconnect(this._handler);
        // Or what it keeps would keep it.
        this.group.historySize = 0;
    }

    // Each by itself: what is sent to the group and not kept does not reach who still waits for what was said before.
    _tellThoseHere(type, name, excluded) {
        for (const member of this.members) {
            if (member !== excluded)
                member.ws.sendJson({type, name, time: Date.now()});
        }
    }

    _find(folded) {
        return this.members.find(member => fold(member.name) === folded);
    }

    // Somebody came or went, here or at another process, or is connected anew.
    _onPresence(folded) {
        const {[folded]: person} = this.group.presence;
        const member = this._find(folded);
        const known = this.names.get(folded);
        if (person === undefined && known !== undefined) {
            this.names.delete(folded);
            this._tellThoseHere('left', known);
        } else if (person !== undefined && known === undefined) {
            this.names.set(folded, person.name);
            this._tellThoseHere('joined', person.name, member);
        }
        // Who has come in by another process is gone from this one.
        if (person !== undefined && member !== undefined && person.id !== member.ws.id)
            member.ws.close(CLOSE_TAKEN_OVER, 'You came in by another connection');
    }

    // Who comes again gets what it missed, or that something is gone, in front of the welcome; who is new finds the last messages in it.
    // Where they may have been said at other processes, they come behind it, since they are fetched.
    _welcome({ws, name, key = ''}, after) {
        const isNewHere = after === undefined && ws.app.backplane === null;
        const last = this.group.lastId;
        if (isNewHere)
            this.group.add(ws);
        else
            this.group.addAfter(ws, after);
        const members = new Set([...this.members.map(member => member.name), ...this.names.values()]);
        ws.sendJson({type: 'welcome', room: this.name, name, members: [...members], history: isNewHere ? this.history : [], last});
        this.group.setPresence(ws, fold(name), {name, id: ws.id, key});
    }

    enter(ws, name, key, after) {
        const folded = fold(name);
        const member = this._find(folded);
        const owner = member ?? (this.names.has(folded) ? this.group.presence[folded] : undefined);
        if (owner !== undefined && (key === undefined || owner.key !== key))
            throw new Mistake('name-taken', 'Somebody here has this name already. Please choose another one.');
        if (member === undefined) {
            this.members.push({ws, name, key});
            this._welcome(this.members.at(-1), after);
            return;
        }
        // Who lost the network comes back before the server has noticed. It is the same person, so nobody else is told.
        const before = member.ws;
        member.ws = ws;
        this._welcome(member, after);
        this.group.remove(before);
        before.close(CLOSE_TAKEN_OVER, 'You came in by another connection');
    }

    // False: another connection had taken the place of this one, so nobody leaves.
    leave(ws) {
        const index = this.members.findIndex(member => member.ws === ws);
        if (index < 0)
            return false;
        this.members.splice(index, 1);
        this.group.remove(ws);
        return true;
    }

    _nameOf(ws) {
        return this.members.find(member => member.ws === ws)?.name;
    }

    say(ws, id, text) {
        const name = this._nameOf(ws);
        if (name === undefined)
            return;
        const said = {type: 'said', id, name, text, time: Date.now()};
        this.group.sendJson(said);
        this.history.push(said);
        this.history.splice(0, this.history.length - MAX_HISTORY);
    }

    noteTyping(ws) {
        const name = this._nameOf(ws);
        if (name !== undefined)
            this.group.sendVolatile({type: 'typing', name}, {excluding: ws});
    }
}

export class Rooms {
    _rooms = new Map(); // by folded name
    _empty = []; // those of them that nobody is in, the one left first in front

    // The room of that name, made when there is none.
    open(app, name) {
        const folded = fold(name);
        if (!this._rooms.has(folded))
            this._rooms.set(folded, new Room(app, name));
        const room = this._rooms.get(folded);
        this._empty = this._empty.filter(one => one !== room);
        return room;
    }

    _forget(room) {
        this._rooms.delete(fold(room.name));
        room.forget();
    }

    leave(room, ws) {
        if (!room.leave(ws) || room.members.length > 0)
            return;
        if (room.history.length > 0)
            this._empty.push(room);
        else
            this._forget(room);
        if (this._empty.length > MAX_EMPTY_ROOMS)
            this._forget(this._empty.shift());
    }
}
