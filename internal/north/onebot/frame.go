package onebot

import (
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/connect/onebot/wire"
	"qunluo/internal/north"
)

// head begins every event.
type head struct {
	Time     int64  `json:"time"` // seconds
	SelfID   int64  `json:"self_id"`
	PostType string `json:"post_type"`
}

type sender struct {
	UserID   int64  `json:"user_id"`
	Nickname string `json:"nickname"`
	Card     string `json:"card"`
	Role     string `json:"role"`
}

type messageFrame struct {
	head
	MessageType string         `json:"message_type"`
	SubType     string         `json:"sub_type"`
	MessageID   int64          `json:"message_id"`
	GroupID     int64          `json:"group_id"`
	UserID      int64          `json:"user_id"`
	Anonymous   *struct{}      `json:"anonymous"`
	Message     []wire.Segment `json:"message"`
	RawMessage  string         `json:"raw_message"`
	Font        int            `json:"font"`
	Sender      sender         `json:"sender"`
}

type noticeFrame struct {
	head
	NoticeType string  `json:"notice_type"`
	SubType    string  `json:"sub_type,omitempty"`
	GroupID    int64   `json:"group_id"`
	UserID     int64   `json:"user_id"`
	OperatorID int64   `json:"operator_id"`
	Duration   *int64  `json:"duration,omitempty"` // seconds
	MessageID  int64   `json:"message_id,omitempty"`
	CardNew    *string `json:"card_new,omitempty"`
	CardOld    *string `json:"card_old,omitempty"`
}

type requestFrame struct {
	head
	RequestType string `json:"request_type"`
	SubType     string `json:"sub_type"`
	GroupID     int64  `json:"group_id"`
	UserID      int64  `json:"user_id"`
	Comment     string `json:"comment"`
	Flag        string `json:"flag"`
}

type metaFrame struct {
	head
	MetaEventType string  `json:"meta_event_type"`
	SubType       string  `json:"sub_type,omitempty"`
	Status        *status `json:"status,omitempty"`
	Interval      int64   `json:"interval,omitempty"` // ms
}

type status struct {
	Online bool `json:"online"`
	Good   bool `json:"good"`
}

// Frame prints an event for a bot that is self to itself; nil = the protocol has no word for it.
func Frame(h north.Happening, self int64) ([]byte, error) {
	print, ok := printers[h.Type]
	if !ok {
		return nil, nil
	}
	v := print(h, head{Time: h.At / 1000, SelfID: self})
	if v == nil {
		return nil, nil
	}
	return wire.Compact(v)
}

// printers say what each type of event is in the protocol; those that are absent are not told.
var printers = map[community.Type]func(h north.Happening, top head) any{
	community.MessageCreated: messageOf,
	community.MessageDeleted: recallOf,
	community.MemberJoined:   increaseOf,
	community.MemberLeft:     decreaseOf,
	community.MemberMuted:    banOf,
	community.MemberUpdated:  cardOf,
	community.JoinRequested:  requestOf,
}

func messageOf(h north.Happening, top head) any {
	top.PostType = "message"
	return messageFrame{head: top, MessageType: "group", SubType: "normal", MessageID: h.Number, GroupID: int64(h.Group), UserID: h.Actor.ID,
		Message: segmentsOf(h), RawMessage: h.Text, Sender: senderOf(h.Actor)}
}

func segmentsOf(h north.Happening) []wire.Segment {
	quote := ""
	if h.Quote != 0 {
		quote = strconv.FormatInt(h.Quote, 10)
	}
	return wire.Print(h.Text, quote, h.Segments)
}

func senderOf(p north.Person) sender {
	return sender{UserID: p.ID, Nickname: p.Name, Card: p.Card, Role: roleOf(p.Role)}
}

func roleOf(r community.Role) string {
	switch r {
	case community.RoleOwner, community.RoleAdmin:
		return string(r)
	}
	return "member"
}

// noticeOf is a notice about the subject, or the actor where they are one, and who did it.
func noticeOf(h north.Happening, top head, kind, sub string) noticeFrame {
	top.PostType = "notice"
	user := h.Actor.ID
	if h.Subject.ID != 0 {
		user = h.Subject.ID
	}
	by := h.By.ID
	if by == 0 {
		by = user
	}
	return noticeFrame{head: top, NoticeType: kind, SubType: sub, GroupID: int64(h.Group), UserID: user, OperatorID: by}
}

func recallOf(h north.Happening, top head) any {
	n := noticeOf(h, top, "group_recall", "")
	n.OperatorID, n.MessageID = h.Actor.ID, h.Message
	if h.Message == 0 {
		return nil // of a message that is not on record
	}
	return n
}

func increaseOf(h north.Happening, top head) any {
	sub := "approve"
	if h.Scene == "invite" {
		sub = "invite"
	}
	h.Subject = north.Person{}
	return noticeOf(h, top, "group_increase", sub)
}

func decreaseOf(h north.Happening, top head) any {
	n := noticeOf(h, top, "group_decrease", "leave")
	switch {
	case h.Reason == "kicked" && n.UserID == top.SelfID:
		n.SubType = "kick_me"
	case h.Reason == "kicked":
		n.SubType = "kick"
	}
	return n
}

func banOf(h north.Happening, top head) any {
	n := noticeOf(h, top, "group_ban", "ban")
	if h.Seconds == 0 {
		n.SubType = "lift_ban"
	}
	n.Duration = &h.Seconds
	return n
}

func cardOf(h north.Happening, top head) any {
	if h.Card[0] == h.Card[1] {
		return nil // something else changed
	}
	n := noticeOf(h, top, "group_card", "")
	n.OperatorID = n.UserID
	n.CardOld, n.CardNew = &h.Card[0], &h.Card[1]
	return n
}

func requestOf(h north.Happening, top head) any {
	top.PostType = "request"
	sub := "add"
	if h.Scene == "invite" {
		sub = "invite"
	}
	return requestFrame{head: top, RequestType: "group", SubType: sub, GroupID: int64(h.Group), UserID: h.Actor.ID, Comment: h.Text,
		Flag: strconv.FormatInt(h.Number, 10)}
}

// beatEach is the heartbeat's interval, in milliseconds.
const beatEach = 15_000

func heartbeat(self, now int64) ([]byte, error) {
	return wire.Compact(metaFrame{head: head{now / 1000, self, "meta_event"}, MetaEventType: "heartbeat", Status: &status{true, true}, Interval: beatEach})
}

func lifecycle(self, now int64, sub string) ([]byte, error) {
	return wire.Compact(metaFrame{head: head{now / 1000, self, "meta_event"}, MetaEventType: "lifecycle", SubType: sub})
}
