// SPDX-License-Identifier: LGPL-2.1-or-later
// One room's connection, as README.md describes it: comes again by itself, and keeps what is said until the server has it.

const FIRST_DELAY = 500; // milliseconds; doubled with each attempt
const LONGEST_DELAY = 30000;
const ANSWER_TIMEOUT = 10000; // no welcome, or what was said has not come back: the network is gone, whatever the browser thinks
const TYPING_INTERVAL = 3000;
const TAKEN_OVER = 4001, NO_ROOM = 4004;
const NOT_TAKEN = [1003, 1007, 1009]; // closed because of what we sent; saying it again would end alike

// Events: "state" ("connecting", "connected", "waiting", "over"), "welcome", "joined", "left", "said", "typing", "error" as
// they come, "gap" (something was said that cannot be had any more), "unsent" (what the server does not take), "end" (why it is over for good: "taken-over" or "no-room").
export class Connection extends EventTarget {
  #room;
  #name;
  #key;
  #unsaid = []; // {id, text}: the server has not answered these, in order
  #place; // where they are kept
  #socket = null;
  #isIn = false;
  #failures = 0;
  #retryTimer = 0;
  #answerTimer = 0;
  #typedAt = 0;
  #last = null; // the id of the last message that the server keeps, of those that came
  #state = '';

  constructor(room, name) {
    super();
    this.#room = room;
    this.#name = name;
    this.#key = keyOfThisTab();
    this.#place = `unsaid ${room}`;
    this.#unsaid = JSON.parse(load(this.#place) ?? '[]');
    this.retry = this.retry.bind(this);
    this.lose = this.lose.bind(this);
  }

  get unsaid() {
    return [...this.#unsaid];
  }

  start() {
    addEventListener('online', this.retry);
    addEventListener('offline', this.lose);
    document.addEventListener('visibilitychange', this.retry);
    this.#connect();
  }

  end() {
    removeEventListener('online', this.retry);
    removeEventListener('offline', this.lose);
    document.removeEventListener('visibilitychange', this.retry);
    clearTimeout(this.#retryTimer);
    this.#forget(1000);
    this.#change('over');
  }

  // Now rather than later, if there is something to wait for.
  retry() {
    if (this.#state === 'waiting' && !document.hidden)
      this.#connect();
  }

  say(text) {
    const one = {id: makeToken(), text};
    this.#unsaid.push(one);
    this.#keep();
    this.#typedAt = 0;
    if (this.#isIn)
      this.#send({type: 'say', ...one});
    return one;
  }

  noteTyping() {
    const now = Date.now();
    if (!this.#isIn || now - this.#typedAt < TYPING_INTERVAL)
      return;
    this.#typedAt = now;
    this.#send({type: 'typing'});
  }

  // The connection is lost; come again after a while, longer each time. Everybody waits for another while, or a server that
  // starts again would meet them all at once.
  lose() {
    if (this.#state === 'waiting' || this.#state === 'over')
      return;
    this.#forget();
    const delay = Math.min(FIRST_DELAY * 2 ** this.#failures++, LONGEST_DELAY);
    this.#retryTimer = setTimeout(() => this.#connect(), delay * (0.5 + Math.random() / 2));
    this.#change('waiting');
  }

  #connect() {
    clearTimeout(this.#retryTimer);
    this.#change('connecting');
    const url = new URL(`ws/${encodeURIComponent(this.#room)}`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    const socket = this.#socket = new WebSocket(url);
    socket.onopen = () => this.#send({type: 'join', name: this.#name, key: this.#key, ...this.#last && {after: this.#last}});
    socket.onmessage = event => this.#take(JSON.parse(event.data));
    socket.onclose = event => this.#closed(event.code);
    this.#expectAnswer();
  }

  #forget(code) {
    const socket = this.#socket;
    this.#socket = null;
    this.#isIn = false;
    this.#stopExpecting();
    if (!socket)
      return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  #closed(code) {
    if (code === TAKEN_OVER || code === NO_ROOM) {
      this.end();
      this.#tell('end', code === TAKEN_OVER ? 'taken-over' : 'no-room');
      return;
    }
    if (NOT_TAKEN.includes(code))
      this.#giveUp(this.#unsaid.length);
    this.lose();
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
    if (message.type === 'say')
      this.#expectAnswer();
  }

  #expectAnswer() {
    if (this.#answerTimer === 0)
      this.#answerTimer = setTimeout(this.lose, ANSWER_TIMEOUT);
  }

  #stopExpecting() {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = 0;
  }

  #take(message) {
    this.#last = message.nx?.id ?? message.last ?? this.#last;
    if (message.nx?.gap) {
      this.#tell('gap', message.nx.gap);
      return;
    }
    if (message.type === 'welcome')
      this.#welcomed(message);
    else if (message.type === 'said')
      this.#answered(message.id);
    else if (message.type === 'error' && message.code === 'text-invalid')
      this.#giveUp(1);
    this.#tell(message.type, message);
    if (message.type === 'welcome')
      for (const one of this.#unsaid)
        this.#send({type: 'say', ...one});
  }

  #welcomed(message) {
    const arrived = new Set(message.history.map(said => said.id));
    this.#unsaid = this.#unsaid.filter(one => !arrived.has(one.id));
    this.#keep();
    this.#isIn = true;
    this.#failures = 0;
    this.#stopExpecting();
    this.#change('connected');
  }

  #answered(id) {
    const index = this.#unsaid.findIndex(one => one.id === id);
    if (index >= 0)
      this.#takeOff(index, 1);
  }

  #giveUp(count) {
    for (const one of this.#takeOff(0, count))
      this.#tell('unsent', one);
  }

  #takeOff(index, count) {
    const taken = this.#unsaid.splice(index, count);
    this.#keep();
    this.#stopExpecting();
    if (this.#unsaid.length > 0 && this.#isIn)
      this.#expectAnswer();
    return taken;
  }

  // A page that is loaded anew finds them again.
  #keep() {
    store(this.#place, JSON.stringify(this.#unsaid));
  }

  #change(state) {
    this.#state = state;
    this.#tell('state', state);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }
}

// crypto.randomUUID is there for https and localhost only.
function makeToken() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), octet => octet.toString(16).padStart(2, '0')).join('');
}

function keyOfThisTab() {
  const key = load('key') ?? makeToken();
  store('key', key);
  return key;
}

// Where a browser forbids to store anything, it does not outlive the page.
function load(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

function store(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {}
}
