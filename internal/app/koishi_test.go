package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"qunluo/internal/connect/peertest"
)

// koishi is a real bot framework in a process of its own.
type koishi struct {
	*peertest.Peer
	t    *testing.T
	port int
}

// probe is a plugin that obeys the first word of a message and prints what it hears, one JSON line each.
const probe = `
exports.name = 'qlprobe'
const { h } = require('koishi')
const out = (o) => console.log('QL ' + JSON.stringify(o))
const orders = {
  async ping(s) { return h.text('pong <b>&') },
  async quote(s) { await s.send([h.quote(s.messageId), h.at(s.userId), ' 收到']) },
  async list(s) { const l = await s.bot.getGuildMemberList(s.guildId); out({ members: l.data.map(m => ({ id: m.user.id, name: m.user.name })) }) },
  async mute(s, id) { await s.bot.muteGuildMember(s.guildId, id, 60000); out({ done: 'mute' }) },
  async kick(s, id) { await s.bot.kickGuildMember(s.guildId, id); out({ done: 'kick' }) },
  async delete(s) { await s.bot.deleteMessage(s.channelId, s.messageId); out({ done: 'delete' }) },
}
exports.apply = (ctx) => {
  const seen = {}
  const timer = setInterval(() => ctx.bots.forEach(b => { if (b.status === 1 && !seen[b.selfId]) { seen[b.selfId] = true; out({ online: b.selfId }) } }), 200)
  ctx.on('dispose', () => clearInterval(timer))
  ctx.middleware(async (s, next) => {
    out({ got: s.content, user: s.userId, guild: s.guildId, id: s.messageId, quote: s.quote && s.quote.id, elements: (s.elements || []).map(e => ({ type: e.type, ...e.attrs })) })
    const [word, ...rest] = s.elements.filter(e => e.type === 'text').map(e => e.attrs.content).join('').trim().split(/\s+/)
    if (!orders[word]) return next()
    try { return await orders[word](s, ...rest) } catch (e) { out({ failed: word, why: String(e), status: e.response && e.response.status, body: e.response && e.response.data }) }
  })
  ctx.on('guild-member-request', async (s) => {
    out({ request: s.userId, text: s.content })
    try { await s.bot.handleGuildMemberRequest(s.messageId, true, 'ok'); out({ done: 'approve' }) } catch (e) { out({ failed: 'approve', why: String(e) }) }
  })
  for (const name of ['guild-member-added', 'guild-member-removed', 'message-deleted']) ctx.on(name, (s) => out({ event: name, user: s.userId, message: s.messageId }))
}`

// satoriAdapter registers the adapter, which has no wrapper for koishi.
const satoriAdapter = `
exports.name = 'qlsat'
exports.inject = ['http']
exports.apply = (ctx) => { ctx.plugin(require('@satorijs/adapter-satori').default, { endpoint: process.env.QL_ENDPOINT, token: process.env.QL_TOKEN, retryTimes: 6, retryInterval: 300, retryLazy: 1000 }) }`

// bodyShim puts a request's parsed body where the adapter's HTTP mode looks for it: its release reads ctx.body, the server
// plugin of the same day writes ctx.request.body. What is verified over it stays the adapter's own work.
const bodyShim = `
exports.name = 'qlbody'
exports.inject = ['server']
exports.apply = (ctx) => { ctx.server.use(async (c, next) => { c.body = c.request.body; await next() }) }`

// satoriGate offers koishi's bots by Satori: no package that does so is obtainable. What it tells and does is koishi's own:
// sessions and logins print themselves, and a method is called as koishi's table of methods says.
const satoriGate = `
exports.name = 'qlgate'
exports.inject = ['server']
exports.apply = (ctx) => {
  const { Universal } = require('koishi')
  const snake = (k) => k.replace(/[A-Z]/g, c => '_' + c.toLowerCase())
  const camel = (k) => k.replace(/_([a-z])/g, (_, c) => c.toUpperCase())
  const known = new Set()
  const tell = (socket, op, body) => socket.send(JSON.stringify({ op, body: body && Universal.transformKey(body, snake) }))
  ctx.server.ws('/satori/v1/events', (socket) => {
    socket.addEventListener('message', (e) => {
      const { op, body } = JSON.parse(e.data.toString())
      if (op === 1) return tell(socket, 2)
      if (op !== 3) return
      if (body.token !== process.env.QL_GATE) return socket.close(4004, 'invalid token')
      tell(socket, 4, { logins: ctx.bots.map(b => b.toJSON()), proxyUrls: [] })
      known.add(socket)
    })
    socket.addEventListener('close', () => known.delete(socket))
  })
  ctx.on('internal/session', (session) => { if (!session.type.startsWith('internal')) known.forEach(s => tell(s, 0, session.toJSON())) })
  ctx.server.post('/satori/v1/:name', async (koa) => {
    if (koa.get('authorization') !== 'Bearer ' + process.env.QL_GATE) return koa.status = 401
    const method = Universal.Methods[koa.params.name]
    const bot = ctx.bots.find(b => b.platform === koa.get('satori-platform') && b.selfId === koa.get('satori-user-id'))
    if (!method) { koa.status = 404; return koa.body = 'method not found' }
    if (!bot) { koa.status = 403; return koa.body = 'bot not found' }
    const asked = koa.request.body || {}
    try {
      const result = await bot[method.name](...method.fields.map(f => Universal.transformKey(asked[f.name], camel)))
      koa.status = 200
      koa.body = JSON.stringify(Universal.transformKey(result === undefined ? {} : result, snake))
    } catch (e) { koa.status = 500; koa.body = String(e) }
  })
}`

// startKoishi runs koishi with plugins (as its configuration writes them) until the test ends.
func startKoishi(t *testing.T, plugins string, env ...string) *koishi {
	t.Helper()
	files := map[string]string{
		"package.json": `{"name":"peer","private":true,"dependencies":{"@koishijs/plugin-http":"*","@koishijs/plugin-proxy-agent":"*","@koishijs/plugin-server":"*"}}`,
		"pre.js":       `process.send = process.send || (() => {})`,
		"koishi.yml":   "plugins:\n  http: {}\n  server: {host: 127.0.0.1, port: 25140, maxPort: 25999}\n" + plugins + "  qlprobe: {}\n",
	}
	for name, code := range map[string]string{"qlprobe": probe, "qlsat": satoriAdapter, "qlbody": bodyShim, "qlgate": satoriGate} {
		files["plugins/koishi-plugin-"+name+"/package.json"] = `{"name":"koishi-plugin-` + name + `","version":"1.0.0","main":"index.js"}`
		files["plugins/koishi-plugin-"+name+"/index.js"] = code
	}
	k := &koishi{t: t, Peer: peertest.Start(t, peertest.Script{Peers: "koishi", Name: "node_modules/koishi/lib/worker/index.js", Flags: []string{"-r", "./pre.js"}, Files: files,
		Env: append([]string{"KOISHI_CONFIG_FILE=koishi.yml", "NODE_PATH=plugins"}, env...)})}
	const listening = "server listening at http://127.0.0.1:"
	_, port, _ := strings.Cut(k.Until(t, listening), listening)
	if _, err := fmt.Sscanf(port, "%d", &k.port); err != nil {
		t.Fatalf("koishi's port %q: %v", port, err)
	}
	return k
}

// lines are what the probe has printed.
func (k *koishi) lines() []map[string]any {
	var list []map[string]any
	for line := range strings.Lines(k.Said()) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "QL ")
		var said map[string]any
		if ok && json.Unmarshal([]byte(rest), &said) == nil {
			list = append(list, said)
		}
	}
	return list
}

// says waits for a line of the probe with a key, and gives the first that fits.
func (k *koishi) says(key string, fits func(line map[string]any) bool) map[string]any {
	k.t.Helper()
	for range 1500 {
		for _, line := range k.lines() {
			if line[key] != nil && (fits == nil || fits(line)) {
				return line
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	k.t.Fatalf("koishi: no %s within 30 s", key)
	return nil
}

func is(key string, want any) func(map[string]any) bool {
	return func(line map[string]any) bool { return line[key] == want }
}
