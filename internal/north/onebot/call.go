package onebot

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect/onebot/wire"
	"qunluo/internal/north"
)

// MaxFrame bounds what a bot may send at once, in bytes.
const MaxFrame = 1 << 20

// Call is what a bot asks.
type Call struct {
	Action string
	Params wire.Fields
	Echo   json.RawMessage // any JSON, given back as it came; nil = none
	Async  bool            // do not wait for what comes of it
}

// ReadCall reads a call's frame. CodeBadInput says what is wrong; the echo is kept where it could be read.
func ReadCall(data []byte) (Call, error) {
	var doc wire.Fields
	if err := json.Unmarshal(data, &doc); err != nil || doc == nil {
		return Call{}, community.Errorf(community.CodeBadInput, "the frame is not a JSON object")
	}
	c := Call{Echo: doc["echo"]}
	var r wire.Reader
	action := r.Text(doc, "action")
	if raw := bytes.TrimSpace(doc["params"]); len(raw) > 0 && string(raw) != "null" {
		if err := json.Unmarshal(raw, &c.Params); err != nil {
			return c, community.Errorf(community.CodeBadInput, "params is not an object")
		}
	}
	if r.Err != nil || action == "" {
		return c, community.Errorf(community.CodeBadInput, "the frame names no action")
	}
	return c.named(action), nil
}

// named takes the endings off that say how a call is to be answered.
func (c Call) named(action string) Call {
	action = strings.TrimPrefix(strings.Trim(action, "/"), ".")
	if base, ok := strings.CutSuffix(action, "_async"); ok {
		action, c.Async = base, true
	}
	c.Action = strings.TrimSuffix(action, "_rate_limited")
	return c
}

// callOf is a call that came as a form or a query.
func callOf(action string, values url.Values) Call {
	params := wire.Fields{}
	for name := range values {
		if name != "access_token" {
			params[name], _ = json.Marshal(values.Get(name)) // a text always encodes
		}
	}
	return Call{Params: params}.named(action)
}

// Answer is what a bot is told.
type Answer struct {
	Status  string          `json:"status"` // ok, async or failed
	Retcode int             `json:"retcode"`
	Data    any             `json:"data"`
	Message string          `json:"message,omitempty"`
	Wording string          `json:"wording,omitempty"`
	Echo    json.RawMessage `json:"echo,omitempty"`
}

// retcodes are the protocol's: 1400 bad request, 1403 not allowed, 1404 no such action, 100 wrong parameter, 102 refused,
// 103 failed, 1 still under way. Any other code is 103.
var retcodes = map[community.Code]int{
	community.CodeBadInput: 1400, community.CodeTooLarge: 1400, community.CodeForbidden: 1403, community.CodeUnsupported: 1404,
	community.CodeNotFound: 100, community.CodeRefused: 102, community.CodeConflict: 102, community.CodeFrozen: 102,
	community.CodeLimited: 429,
}

// answerOf words the outcome of a call.
func answerOf(n *north.North, data any, err error) Answer {
	code := community.CodeOf(err)
	if code == community.CodeNone {
		return Answer{Status: "ok", Data: data}
	}
	words := n.Sentence(err)
	if code == north.CodeAsync {
		return Answer{Status: "async", Retcode: 1, Data: data, Message: words, Wording: words}
	}
	retcode, ok := retcodes[code]
	if !ok {
		retcode = 103
	}
	return Answer{Status: "failed", Retcode: retcode, Message: words, Wording: words}
}

// request is a call with its seat while it is answered. r keeps the first parameter that cannot be read.
type request struct {
	Call
	seat *north.Seat
	r    wire.Reader
}

// reply is the answer to a call, or the wish it waits for.
type reply struct {
	data    any
	pending *north.Pending
}

// do begins a call. What it changes is decided when do returns; wait says what came of it.
func do(seat *north.Seat, c Call) (reply, error) {
	handle, ok := actions[c.Action]
	if !ok {
		return reply{}, community.Errorf(community.CodeUnsupported, "no action %q", shorten(c.Action))
	}
	if err := seat.Call(); err != nil {
		return reply{}, err
	}
	q := &request{Call: c, seat: seat}
	return handle(q)
}

// finish waits for what comes of a reply.
func (p reply) finish(ctx context.Context, async bool) (any, error) {
	if p.pending == nil {
		return p.data, nil
	}
	if async {
		return p.data, community.Errorf(north.CodeAsync, "asked not to wait")
	}
	return p.data, p.pending.Wait(ctx)
}

func shorten(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// number reads an id or another whole number, also as a text.
func (q *request) number(name string) int64 {
	text := q.r.ID(q.Params, name)
	if text == "" || q.r.Err != nil {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		q.r.Err = community.Errorf(community.CodeBadInput, "%s is not a number", name)
	}
	return n
}

// flag reads true or false, also as a text or number; absent is byDefault.
func (q *request) flag(name string, byDefault bool) bool {
	switch strings.Trim(string(q.Params[name]), `" `) {
	case "true", "1", "yes":
		return true
	case "false", "0", "no":
		return false
	}
	return byDefault
}

func (q *request) group() community.GroupKey { return community.GroupKey(q.number("group_id")) }

// wish begins one and gives data for the bot.
func (q *request) wish(w north.Wish, data func(north.Begun) any) (reply, error) {
	if q.r.Err != nil {
		return reply{}, q.r.Err
	}
	p, err := q.seat.Begin(w)
	if err != nil {
		return reply{}, err
	}
	out := reply{pending: p}
	if data != nil {
		out.data = data(p.Begun)
	}
	return out, nil
}
