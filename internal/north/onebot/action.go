package onebot

import (
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/connect/onebot/wire"
	"qunluo/internal/north"
)

// actions is everything a bot may call. What stands here as refused is known to the protocol, but nothing we do.
var actions = map[string]func(q *request) (reply, error){
	"send_group_msg":        (*request).send,
	"send_msg":              (*request).send,
	"delete_msg":            (*request).recall,
	"set_group_ban":         (*request).ban,
	"set_group_whole_ban":   (*request).banAll,
	"set_group_kick":        (*request).kick,
	"set_group_add_request": (*request).decide,
	"get_login_info":        (*request).login,
	"get_stranger_info":     (*request).stranger,
	"get_friend_list":       func(*request) (reply, error) { return reply{data: []any{}}, nil },
	"get_group_list":        (*request).groupList,
	"get_group_info":        (*request).groupInfo,
	"get_group_member_list": (*request).memberList,
	"get_group_member_info": (*request).memberInfo,
	"get_msg":               (*request).message,
	"get_status":            func(*request) (reply, error) { return reply{data: status{true, true}}, nil },
	"get_version_info":      (*request).version,
	"can_send_image":        yes, // by web address
	"can_send_record":       yes,
}

func yes(*request) (reply, error) { return reply{data: map[string]bool{"yes": true}}, nil }

func (q *request) login() (reply, error) {
	return reply{data: map[string]any{"user_id": q.seat.Self(), "nickname": q.seat.Bot().Name}}, nil
}

func (q *request) version() (reply, error) {
	return reply{data: map[string]string{"app_name": "qunluo", "app_version": "1", "protocol_version": "v11"}}, nil
}

func (q *request) send() (reply, error) {
	g := q.group()
	if q.r.Err != nil {
		return reply{}, q.r.Err
	}
	if g == 0 {
		return reply{}, community.Errorf(community.CodeUnsupported, "only group messages: group_id is missing")
	}
	w := north.Wish{Verb: community.Send, Group: g}
	if q.flag("auto_escape", false) {
		w.Text = q.r.Text(q.Params, "message")
	} else if err := q.readMessage(&w); err != nil {
		return reply{}, err
	}
	return q.wish(w, func(b north.Begun) any { return map[string]int64{"message_id": b.Number} })
}

// readMessage reads segments, one segment, or a text with CQ codes.
func (q *request) readMessage(w *north.Wish) error {
	parts := q.r.Parts(wire.Fields{"message": q.Params["message"]})
	if q.r.Err != nil {
		return q.r.Err
	}
	var body community.Body
	wire.Compose(new(wire.Words), parts, &body)
	w.Text, w.Segments = body.Text, body.Segments
	if body.ReplyTo == "" {
		return nil
	}
	var err error
	if w.Quote, err = strconv.ParseInt(body.ReplyTo, 10, 64); err != nil {
		return community.Errorf(community.CodeBadInput, "reply: id is not a number")
	}
	return nil
}

func (q *request) recall() (reply, error) {
	return q.wish(north.Wish{Verb: community.RecallMsg, Message: q.number("message_id")}, nil)
}

// defaultBan is how long a ban without duration lasts, in seconds.
const defaultBan = 30 * 60

func (q *request) ban() (reply, error) {
	w := north.Wish{Verb: community.Mute, Group: q.group(), Member: q.number("user_id"), Seconds: defaultBan}
	if _, given := q.Params["duration"]; given {
		w.Seconds = q.r.Number(q.Params, "duration")
	}
	if w.Seconds == 0 {
		w.Verb = community.Unmute
	}
	return q.wish(w, nil)
}

func (q *request) banAll() (reply, error) {
	return q.wish(north.Wish{Verb: community.MuteAll, Group: q.group(), Refuse: !q.flag("enable", true)}, nil)
}

func (q *request) kick() (reply, error) {
	return q.wish(north.Wish{Verb: community.Remove, Group: q.group(), Member: q.number("user_id"), Block: q.flag("reject_add_request", false)}, nil)
}

func (q *request) decide() (reply, error) {
	return q.wish(north.Wish{Verb: community.Approve, Message: q.number("flag"), Refuse: !q.flag("approve", true), Text: q.r.Text(q.Params, "reason")}, nil)
}

type groupInfo struct {
	GroupID     int64  `json:"group_id"`
	GroupName   string `json:"group_name"`
	MemberCount int    `json:"member_count"`
	MaxCount    int    `json:"max_member_count"` // 0 = not known
}

func infoOf(g north.Group) groupInfo { return groupInfo{int64(g.Key), g.Name, g.Members, 0} }

func (q *request) groupList() (reply, error) {
	all, err := q.seat.Groups()
	list := make([]groupInfo, len(all))
	for i, g := range all {
		list[i] = infoOf(g)
	}
	return reply{data: list}, err
}

func (q *request) groupInfo() (reply, error) {
	key := q.group()
	if q.r.Err != nil {
		return reply{}, q.r.Err
	}
	g, err := q.seat.Group(key)
	return reply{data: infoOf(g)}, err
}

type memberInfo struct {
	GroupID  int64  `json:"group_id"`
	UserID   int64  `json:"user_id"`
	Nickname string `json:"nickname"`
	Card     string `json:"card"`
	Sex      string `json:"sex"`
	Age      int    `json:"age"`
	Joined   int64  `json:"join_time"`      // seconds; 0 = not known
	LastSent int64  `json:"last_sent_time"` // seconds
	Role     string `json:"role"`
}

func memberOf(g community.GroupKey, p north.Person) memberInfo {
	return memberInfo{GroupID: int64(g), UserID: p.ID, Nickname: p.Name, Card: p.Card, Sex: "unknown", Joined: p.Joined / 1000, LastSent: p.LastWord / 1000, Role: roleOf(p.Role)}
}

func (q *request) memberList() (reply, error) {
	g := q.group()
	if q.r.Err != nil {
		return reply{}, q.r.Err
	}
	all, err := q.seat.Members(g)
	list := make([]memberInfo, len(all))
	for i, p := range all {
		list[i] = memberOf(g, p)
	}
	return reply{data: list}, err
}

func (q *request) memberInfo() (reply, error) {
	g, id := q.group(), q.number("user_id")
	if q.r.Err != nil {
		return reply{}, q.r.Err
	}
	p, err := q.seat.Member(g, id)
	return reply{data: memberOf(g, p)}, err
}

// stranger finds somebody in any of the bot's groups.
func (q *request) stranger() (reply, error) {
	id := q.number("user_id")
	if q.r.Err != nil {
		return reply{}, q.r.Err
	}
	p, err := q.seat.Member(0, id)
	return reply{data: map[string]any{"user_id": p.ID, "nickname": p.Name, "sex": "unknown", "age": 0}}, err
}

func (q *request) message() (reply, error) {
	id := q.number("message_id")
	if q.r.Err != nil {
		return reply{}, q.r.Err
	}
	h, err := q.seat.Message(id)
	if err != nil {
		return reply{}, err
	}
	return reply{data: map[string]any{"time": h.At / 1000, "message_type": "group", "message_id": h.Number, "real_id": h.Number, "group_id": int64(h.Group),
		"sender": senderOf(h.Actor), "message": segmentsOf(h), "raw_message": h.Text}}, nil
}
