// SPDX-License-Identifier: LGPL-2.1-or-later
// Rooms: who is in one, and what was said there last.
import Nx from 'gi://Nx?version=1';

import {Mistake, fold} from './words.js';

const MAX_HISTORY = 50;
// Who is alone in a room and loads the page anew should find again what was said. So the rooms that were left last are kept; older ones
// are forgotten, or whoever makes up names would fill the memory.
const MAX_EMPTY_ROOMS = 32;
const CLOSE_TAKEN_OVER = 4001;

class Room {
    history = [];
    members = []; // {ws, name, key}

    constructor(name) {
        this.name = name;
    }

    // One message, framed once, for all of them. Who has just gone, or reads too slowly, must not keep the others from it.
    _tellAll(value, excluded = null) {
        const message = Nx.Message.fromJson(value);
        for (const {ws} of this.members) {
            if (ws !== excluded)
                ws.sendMessage(message);
        }
    }

    _welcome({ws, name}) {
        const members = this.members.map(member => member.name);
        ws.sendJson({type: 'welcome', room: this.name, name, members, history: this.history});
    }

    enter(ws, name, key) {
        const member = this.members.find(one => fold(one.name) === fold(name));
        if (member !== undefined) {
            if (key === undefined || member.key !== key)
                throw new Mistake('name-taken', 'Somebody here has this name already. Please choose another one.');
            // Who lost the network comes back before the server has noticed. It is the same person, so nobody else is told.
            member.ws.close(CLOSE_TAKEN_OVER, 'You came in by another connection');
            member.ws = ws;
            this._welcome(member);
            return;
        }
        this._tellAll({type: 'joined', name, time: Date.now()});
        this.members.push({ws, name, key});
        this._welcome(this.members.at(-1));
    }

    // False: another connection had taken the place of this one, so nobody leaves.
    leave(ws) {
        const index = this.members.findIndex(member => member.ws === ws);
        if (index < 0)
            return false;
        const [{name}] = this.members.splice(index, 1);
        this._tellAll({type: 'left', name, time: Date.now()});
        return true;
    }

    _find(ws) {
        return this.members.find(member => member.ws === ws);
    }

    say(ws, id, text) {
        const member = this._find(ws);
        if (member === undefined)
            return;
        const said = {type: 'said', id, name: member.name, text, time: Date.now()};
        this._tellAll(said);
        this.history.push(said);
        this.history.splice(0, this.history.length - MAX_HISTORY);
    }

    noteTyping(ws) {
        const member = this._find(ws);
        if (member !== undefined)
            this._tellAll({type: 'typing', name: member.name}, ws);
    }
}

export class Rooms {
    _rooms = new Map(); // by folded name
    _empty = []; // those of them that nobody is in, the one left first in front

    // The room of that name, made when there is none.
    open(name) {
        const key = fold(name);
        if (!this._rooms.has(key))
            this._rooms.set(key, new Room(name));
        const room = this._rooms.get(key);
        this._empty = this._empty.filter(one => one !== room);
        return room;
    }

    leave(room, ws) {
        if (!room.leave(ws) || room.members.length > 0)
            return;
        if (room.history.length > 0)
            this._empty.push(room);
        else
            this._rooms.delete(fold(room.name));
        if (this._empty.length > MAX_EMPTY_ROOMS)
            this._rooms.delete(fold(this._empty.shift().name));
    }
}
