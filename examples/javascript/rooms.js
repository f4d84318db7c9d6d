// SPDX-License-Identifier: LGPL-2.1-or-later
// Rooms with a memory: /rooms/{room}?name=NAME&after=ID. What one says goes to all of the room, and who comes again with the last id that it
// saw gets what it missed. {"vote": …} asks everybody, and tells how many have answered.
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();

function isVote(message) {
    try {
        return 'vote' in message.json();
    } catch {
        return false;
    }
}

async function count(room, message) {
    const {answers, missing} = await room.ask(message, {timeout: 5000});
    room.sendText(`${answers.size} have answered, ${missing.length} have not`);
}

app.websocketRoute('/rooms/{room}', async ws => {
    const room = app.group(ws.pathParams.room, {historySize: 100, historyAge: 24 * 3600 * 1000, announcesPresence: true});
    await ws.accept();
    room.addAfter(ws, ws.queryParams.get('after'));
    room.setPresence(ws, ws.queryParams.get('name') ?? 'somebody', {});
    for await (const message of ws.messages()) {
        if (isVote(message))
            count(room, message).catch(console.error);
        else
            room.sendMessage(message);
    }
});

app.run();
