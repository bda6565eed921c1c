// An app as Slack's own guides write it. Only the address of the API is not Slack's.
const { App } = require('@slack/bolt');

const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

const services = ['payments', 'paging', 'search'];
const text = (words) => ({ type: 'plain_text', text: words });
const option = (word) => ({ text: text(word), value: word });

const form = (channel) => ({
  type: 'modal',
  callback_id: 'declare',
  private_metadata: channel,
  title: text('Declare'),
  submit: text('Declare'),
  blocks: [
    { type: 'input', block_id: 'name', label: text('Name'), element: { type: 'plain_text_input', action_id: 'name' } },
    { type: 'input', block_id: 'service', label: text('Service'), element: { type: 'external_select', action_id: 'service', min_query_length: 1 } },
  ],
});

app.command('/incident', async ({ command, ack, client }) => {
  await ack();
  await client.views.open({ trigger_id: command.trigger_id, view: form(command.channel_id) });
});

app.shortcut('declare', async ({ shortcut, ack, client }) => {
  await ack();
  await client.views.open({ trigger_id: shortcut.trigger_id, view: form(shortcut.user.id) });
});

app.options('service', async ({ payload, ack }) => {
  await ack({ options: services.filter((word) => word.startsWith(payload.value)).map(option) });
});

app.view('declare', async ({ view, body, ack, client }) => {
  const name = view.state.values.name.name.value;
  if (name.length < 3) {
    await ack({ response_action: 'errors', errors: { name: 'Say more than that.' } });
    return;
  }
  await ack();
  const said = `${name} (${view.state.values.service.service.selected_option.value}), says <@${body.user.id}>`;
  await client.chat.postMessage({
    channel: view.private_metadata,
    text: said,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: said } },
      { type: 'actions', elements: [{ type: 'button', action_id: 'resolve', text: text('Resolve'), value: name }] },
    ],
  });
});

app.action('resolve', async ({ action, body, ack, client }) => {
  await ack();
  await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: `${action.value} is resolved`, blocks: [] });
});

// A mention starts a thread, with a menu whose choice is said in it.
app.event('app_mention', async ({ event, say }) => {
  await say({
    thread_ts: event.ts,
    text: `What is down, <@${event.user}>?`,
    blocks: [{
      type: 'section',
      text: { type: 'mrkdwn', text: `What is down, <@${event.user}>?` },
      accessory: { type: 'static_select', action_id: 'down', placeholder: text('Service'), options: services.map(option) },
    }],
  });
});

app.action('down', async ({ action, body, ack, respond }) => {
  await ack();
  await respond({
    text: `${action.selected_option.value} is down`, response_type: 'in_channel', replace_original: false, thread_ts: body.message.thread_ts,
  });
});

app.message('status', async ({ message, say }) => {
  await say({ text: `<@${message.user}>: all is well`, thread_ts: message.thread_ts || message.ts, reply_broadcast: true });
});

app.event('app_home_opened', async ({ event, client }) => {
  await client.views.publish({
    user_id: event.user, view: { type: 'home', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: `Welcome, <@${event.user}>` } }] },
  });
});

app.start();
