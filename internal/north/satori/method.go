package satori

import (
	"context"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/connect/onebot/wire"
	"qunluo/internal/connect/satori/element"
	"qunluo/internal/north"
)

// methods is everything a client may call.
var methods = map[string]func(q *request) (any, *north.Pending, error){
	"message.create":       (*request).messageCreate,
	"message.delete":       (*request).messageDelete,
	"message.get":          (*request).messageGet,
	"guild.list":           (*request).guildList,
	"guild.get":            (*request).guildGet,
	"guild.member.list":    (*request).memberList,
	"guild.member.get":     (*request).memberGet,
	"guild.member.mute":    (*request).memberMute,
	"guild.member.kick":    (*request).memberKick,
	"guild.member.approve": (*request).memberApprove,
	"channel.list":         (*request).channelList,
	"channel.get":          (*request).channelGet,
	"login.get":            (*request).loginGet,
	"user.get":             (*request).userGet,
}

// needs lists the methods as features, with the verb that a group's connection must be able to do; "" = reading.
var needs = []struct {
	name string
	verb community.Verb
}{
	{"message.create", community.Send}, {"message.delete", community.RecallMsg}, {"message.get", ""}, {"guild.list", ""},
	{"guild.get", ""}, {"guild.member.list", ""}, {"guild.member.get", ""}, {"guild.member.mute", community.Mute},
	{"guild.member.kick", community.Remove}, {"guild.member.approve", community.Approve}, {"channel.list", ""},
	{"channel.get", ""}, {"login.get", ""}, {"user.get", ""},
}

// request is a call with its seat. r keeps the first parameter that cannot be read.
type request struct {
	params wire.Fields
	seat   *north.Seat
	r      wire.Reader
}

// features lists the methods that the bot's token and at least one group's connection allow now: natively, or with a
// person who confirms.
func features(seat *north.Seat) []string {
	groups, err := seat.Groups()
	list := []string{}
	for _, need := range needs {
		switch {
		case need.verb == "" && err == nil, need.name == "login.get", need.verb != "" && canAnywhere(seat, groups, need.verb):
			list = append(list, need.name)
		}
	}
	return list
}

// lookedAt bounds how many groups are asked what can be done there.
const lookedAt = 50

func canAnywhere(seat *north.Seat, groups []north.Group, v community.Verb) bool {
	for _, g := range groups[:min(len(groups), lookedAt)] {
		if level := seat.Can(g.Key, v); level == community.Native || level == community.Assisted {
			return true
		}
	}
	return false
}

func loginOf(seat *north.Seat) Login {
	b := seat.Bot()
	id := text(seat.Self())
	return Login{SN: 1, Adapter: Platform, Platform: Platform, SelfID: id, User: User{ID: id, Name: b.Name, IsBot: true}, Status: 1, Features: features(seat)}
}

// number reads an id, which may be a number or a text.
func (q *request) number(name string) int64 {
	id := q.r.ID(q.params, name)
	if q.r.Err != nil {
		return 0
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		q.r.Err = community.Errorf(community.CodeBadInput, "%s is not an id of ours", name)
	}
	return n
}

func (q *request) group(name string) community.GroupKey { return community.GroupKey(q.number(name)) }

func (q *request) wish(w north.Wish) (*north.Pending, error) {
	if q.r.Err != nil {
		return nil, q.r.Err
	}
	return q.seat.Begin(w)
}

func (q *request) messageCreate() (any, *north.Pending, error) {
	content := element.Parse(q.r.Text(q.params, "content"))
	w := north.Wish{Verb: community.Send, Group: q.group("channel_id"), Text: content.Text, Segments: content.Segments}
	if content.Quote != "" {
		var err error
		if w.Quote, err = strconv.ParseInt(content.Quote, 10, 64); err != nil {
			return nil, nil, community.Errorf(community.CodeBadInput, "quote: id is not an id of ours")
		}
	}
	p, err := q.wish(w)
	if err != nil {
		return nil, nil, err
	}
	group := text(int64(w.Group))
	return []Message{{ID: text(p.Number), Content: element.Print(content.Text, content.Quote, content.Segments), Channel: &Channel{ID: group}, Guild: &Guild{ID: group}}}, p, nil
}

func (q *request) messageDelete() (any, *north.Pending, error) {
	p, err := q.wish(north.Wish{Verb: community.RecallMsg, Message: q.number("message_id")})
	return nothing, p, err
}

// nothing is the answer of a method that only does.
var nothing = struct{}{}

func (q *request) messageGet() (any, *north.Pending, error) {
	id := q.number("message_id")
	if q.r.Err != nil {
		return nil, nil, q.r.Err
	}
	h, err := q.seat.Message(id)
	if err != nil {
		return nil, nil, err
	}
	m := messageOf(h)
	group := text(int64(h.Group))
	m.Channel, m.Guild, m.User, m.Member = &Channel{ID: group}, &Guild{ID: group}, userOf(h.Actor), memberOf(h.Actor, false)
	return m, nil, nil
}

// page is a part of a list.
type page[T any] struct {
	Data []T    `json:"data"`
	Next string `json:"next,omitempty"`
}

// pageSize is how many rows a page has.
const pageSize = 200

// paged cuts a list at the offset that the client got as next.
func paged[From, To any](q *request, all []From, to func(From) To) (any, *north.Pending, error) {
	at := 0
	if next := q.r.ID(q.params, "next"); next != "" {
		var err error
		if at, err = strconv.Atoi(next); err != nil || at < 0 {
			return nil, nil, community.Errorf(community.CodeBadInput, "next is not what we gave")
		}
	}
	if q.r.Err != nil {
		return nil, nil, q.r.Err
	}
	at = min(at, len(all))
	end := min(at+pageSize, len(all))
	out := page[To]{Data: make([]To, 0, end-at)}
	for _, one := range all[at:end] {
		out.Data = append(out.Data, to(one))
	}
	if end < len(all) {
		out.Next = strconv.Itoa(end)
	}
	return out, nil, nil
}

func (q *request) guildList() (any, *north.Pending, error) {
	all, err := q.seat.Groups()
	if err != nil {
		return nil, nil, err
	}
	return paged(q, all, guildOf)
}

func guildOf(g north.Group) Guild { return Guild{text(int64(g.Key)), g.Name} }

func (q *request) guild(name string) (north.Group, error) {
	key := q.group(name)
	if q.r.Err != nil {
		return north.Group{}, q.r.Err
	}
	return q.seat.Group(key)
}

func (q *request) guildGet() (any, *north.Pending, error) {
	g, err := q.guild("guild_id")
	return guildOf(g), nil, err
}

func channelOf(g north.Group) Channel { return Channel{ID: text(int64(g.Key)), Name: g.Name} }

func (q *request) channelList() (any, *north.Pending, error) {
	g, err := q.guild("guild_id")
	return page[Channel]{Data: []Channel{channelOf(g)}}, nil, err
}

func (q *request) channelGet() (any, *north.Pending, error) {
	g, err := q.guild("channel_id")
	return channelOf(g), nil, err
}

func (q *request) memberList() (any, *north.Pending, error) {
	g := q.group("guild_id")
	if q.r.Err != nil {
		return nil, nil, q.r.Err
	}
	all, err := q.seat.Members(g)
	if err != nil {
		return nil, nil, err
	}
	return paged(q, all, func(p north.Person) *Member { return memberOf(p, true) })
}

func (q *request) memberGet() (any, *north.Pending, error) {
	g, id := q.group("guild_id"), q.number("user_id")
	if q.r.Err != nil {
		return nil, nil, q.r.Err
	}
	p, err := q.seat.Member(g, id)
	return memberOf(p, true), nil, err
}

func (q *request) memberMute() (any, *north.Pending, error) {
	w := north.Wish{Verb: community.Mute, Group: q.group("guild_id"), Member: q.number("user_id")}
	w.Seconds = (q.r.Number(q.params, "duration") + 999) / 1000
	if w.Seconds == 0 {
		w.Verb = community.Unmute
	}
	p, err := q.wish(w)
	return nothing, p, err
}

func (q *request) memberKick() (any, *north.Pending, error) {
	p, err := q.wish(north.Wish{Verb: community.Remove, Group: q.group("guild_id"), Member: q.number("user_id"), Block: string(q.params["permanent"]) == "true"})
	return nothing, p, err
}

func (q *request) memberApprove() (any, *north.Pending, error) {
	p, err := q.wish(north.Wish{Verb: community.Approve, Message: q.number("message_id"), Refuse: string(q.params["approve"]) != "true",
		Text: q.r.Text(q.params, "comment")})
	return nothing, p, err
}

func (q *request) loginGet() (any, *north.Pending, error) { return loginOf(q.seat), nil, nil }

// userGet finds somebody in any of the bot's groups, or the bot itself.
func (q *request) userGet() (any, *north.Pending, error) {
	id := q.number("user_id")
	if q.r.Err != nil {
		return nil, nil, q.r.Err
	}
	if id == q.seat.Self() {
		return loginOf(q.seat).User, nil, nil
	}
	p, err := q.seat.Member(0, id)
	return userOf(p), nil, err
}

// do answers a method: its data, and a code that says how it stands.
func do(ctx context.Context, seat *north.Seat, name string, params wire.Fields) (any, error) {
	method, ok := methods[name]
	if !ok {
		return nil, community.Errorf(community.CodeUnsupported, "no method %.60q", name)
	}
	if err := seat.Call(); err != nil {
		return nil, err
	}
	data, pending, err := method(&request{params: params, seat: seat})
	if err != nil || pending == nil {
		return data, err
	}
	return data, pending.Wait(ctx)
}
