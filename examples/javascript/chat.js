// SPDX-License-Identifier: LGPL-2.1-or-later
// A chat: the page of examples/web and its WebSocket, /ws/{room}, out of one process and one port. The words, the messages and the
// codes are those of examples/web/README.md.
import Nx from 'gi://Nx?version=1';

import {servePage} from './chat/page.js';
import {Rooms} from './chat/rooms.js';
import {Mistake, isRoom, isText, isToken, toName} from './chat/words.js';

// The longest text, when each of its characters is escaped, and what is around it.
const MAX_MESSAGE_SIZE = 32 * 1024;
const CLOSE_NO_ROOM = 4004;

class Chat extends Nx.Controller {
    room = null;

    constructor(rooms) {
        super({encoding: Nx.Encoding.JSON});
        this.rooms = rooms;
    }

    onConnect(ws) {
        if (isRoom(ws.pathParams.room))
            ws.accept();
        else
            // A close code is something that the page can read, an HTTP status is not.
            ws.acceptAndClose(CLOSE_NO_ROOM, 'A room is named with letters, digits, - and _');
    }

    onJoin(ws, {name: wanted, key, after}) {
        if (typeof wanted !== 'string' || (key !== undefined && !isToken(key)) || !['string', 'undefined'].includes(typeof after))
            throw new Mistake('bad-message', '"join" has a "name" and may have a "key" and an "after"');
        if (this.room !== null)
            throw new Mistake('already-joined', 'You are in the room already.');
        const name = toName(wanted);
        const room = this.rooms.open(ws.app, ws.pathParams.room);
        room.enter(ws, name, key, after);
        this.room = room;
    }

    onSay(ws, {id, text}) {
        if (!isToken(id) || typeof text !== 'string')
            throw new Mistake('bad-message', '"say" has an "id" and a "text"');
        if (this.room === null)
            throw new Mistake('not-joined', 'Join first.');
        if (!isText(text))
            throw new Mistake('text-invalid', 'A message has 1 to 2000 characters.');
        this.room.say(ws, id, text);
    }

    onTyping(ws) {
        if (this.room === null)
            throw new Mistake('not-joined', 'Join first.');
        this.room.noteTyping(ws);
    }

    onReceive() {
        throw new Mistake('bad-message', 'The "type" is join, say or typing');
    }

    // People's mistakes are told to them, and nothing else has happened.
    onError(ws, error) {
        if (error instanceof Mistake)
            ws.sendJson({type: 'error', code: error.code, text: error.message});
        else
            super.onError(ws, error);
    }

    onDisconnect(ws) {
        if (this.room !== null)
            this.rooms.leave(this.room, ws);
        this.room = null;
    }
}

const app = new Nx.App({maxMessageSize: MAX_MESSAGE_SIZE, page: '/'});

app.addController('/ws/{room}', Chat, new Rooms());
servePage(app.server);
app.run();
