// Calls every method of the emulator with Slack's own client, and prints each answer as a line of JSON, with the events
// that follow.
const { WebClient } = require('@slack/web-api');
const { SocketModeClient } = require('@slack/socket-mode');

const { SLACK_API_URL: slackApiUrl, SLACK_CONTROL_URL: control, SLACK_APP_TOKEN: appToken } = process.env;
const web = new WebClient(process.env.SLACK_BOT_TOKEN, { slackApiUrl });
const socket = new SocketModeClient({ appToken, clientOptions: { slackApiUrl } });
const print = (line) => console.log(JSON.stringify(line));
const text = (words) => ({ type: 'plain_text', text: words });

async function call(method, args, client = web) {
  let answer;
  try {
    answer = await client.apiCall(method, args);
  } catch (error) {
    if (!error.data) throw error;
    answer = error.data;
  }
  if (answer.response_metadata) { // what the client adds
    delete answer.response_metadata.scopes;
    delete answer.response_metadata.acceptedScopes;
    if (Object.keys(answer.response_metadata).length === 0) delete answer.response_metadata;
  }
  print({ method, answer });
  return answer;
}

async function act(route, body) {
  const response = await fetch(control + route, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  return response.json();
}

let gotTrigger;
async function trigger() {
  const next = new Promise((resolve) => { gotTrigger = resolve; });
  await act('shortcut', { user: 'U0ALICE', callback_id: 'open' });
  return next;
}

const view = (title, more) => ({
  type: 'modal', title: text(title), submit: text('Go'),
  blocks: [{ type: 'input', label: text('Name'), element: { type: 'plain_text_input', action_id: 'v' } }], ...more,
});

async function main() {
  socket.on('slack_event', async ({ ack, type, body }) => {
    await ack();
    if (type === 'interactive') gotTrigger(body.trigger_id);
    if (type === 'events_api') print({ event: body.event });
  });
  await socket.start();

  const channel = 'C0OPS';
  const blocks = [
    { type: 'section', text: { type: 'mrkdwn', text: '*x*' } },
    { type: 'actions', elements: [{ type: 'button', action_id: 'b', text: text('B') }] },
  ];
  await call('api.test', { foo: 'bar' });
  await call('apps.connections.open', {}, new WebClient(appToken, { slackApiUrl }));
  await call('auth.test');
  await call('team.info');
  const { bot_id: bot } = await web.auth.test();
  await call('bots.info', { bot });
  await call('users.info', { user: 'U0ALICE', include_locale: true });
  await call('users.list', { limit: 1 });
  await call('users.lookupByEmail', { email: 'alice@example.com' });
  await call('conversations.join', { channel: 'C0ELSE' });
  await call('conversations.join', { channel: 'C0ELSE' });
  await call('conversations.info', { channel, include_num_members: true, include_locale: true });
  await call('conversations.members', { channel });
  await call('conversations.list', { types: 'public_channel,private_channel,im' });
  const dm = await call('conversations.open', { users: 'U0ALICE', return_im: true });
  await call('conversations.info', { channel: dm.channel.id });

  const metadata = { event_type: 'e', event_payload: {} };
  const { ts } = await call('chat.postMessage', { channel, text: 'x', blocks, attachments: [{ blocks, fallback: 'y' }], metadata });
  const { ts: reply } = await call('chat.postMessage', { channel, text: 'reply', thread_ts: ts, reply_broadcast: true });
  await call('chat.postMessage', { channel, markdown_text: '**b**', username: 'robot', icon_emoji: ':robot_face:' });
  await act('send', { user: 'U0ALICE', channel, text: 'hello @foghorn, see https://example.com', thread_ts: ts });
  await call('chat.update', { channel, ts, text: 'y' });
  await call('chat.postEphemeral', { channel, user: 'U0ALICE', text: 'z' });
  await call('chat.getPermalink', { channel, message_ts: ts });
  await call('conversations.history', { channel, include_all_metadata: true, limit: 2 });
  await call('conversations.replies', { channel, ts });
  await call('chat.delete', { channel, ts: reply });

  const { view: opened } = await call('views.open', { trigger_id: await trigger(), view: view('One') });
  await call('views.update', { view_id: opened.id, view: view('Two') });
  await call('views.push', { trigger_id: await trigger(), view: view('Three') });
  await act('home/open', { user: 'U0ALICE' });
  await call('views.publish', { user_id: 'U0ALICE', view: { type: 'home', blocks } });
  await act('home/open', { user: 'U0ALICE' });
  await call('blocks.validate', { blocks });

  // Errors too.
  await call('chat.postMessage', { channel, blocks: [{ type: 'marquee' }] });
  await call('views.open', { trigger_id: await trigger(), view: view('x'.repeat(25)) });
  await act('scopes', { scopes: ['chat:write'] });
  await call('users.info', { user: 'U0ALICE' });
  await socket.disconnect();
}

setTimeout(() => { throw new Error('the script does not end'); }, 20_000).unref();
main().catch((error) => { console.error(error); process.exitCode = 1; });
