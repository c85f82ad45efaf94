package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"qunluo/internal/community"
)

// ExportHead is what an export says about itself and its group.
type ExportHead struct {
	Generator  string // "qunluo 1.2.0"
	ExportedAt int64  // UTC ms
	Group      community.Ref
	Platform   community.Platform
	Private    bool
	Members    []community.Who // for foreign readers; ours takes members from the events
}

// Writer writes a group's events as ChatLab v0.0.2, in the order they are given (by time). What the format cannot say
// stands under x_qunluo, so that importing the file into an empty instance gives equal events; joins, leaves and the
// like also carry a readable sentence. Names and ids of inner rows (keys, accounts, audit) are not exported.
type Writer struct {
	w    io.Writer
	json bool // one document, not lines
	buf  bytes.Buffer
	enc  *json.Encoder
	r    *labReader // what a reader will make of the fields alone
	n    int64
}

// labFormat is the version of x_qunluo.
const labFormat = 1

// NewWriter begins an export. format is "chatlab-jsonl" or "chatlab-json"; anything else is community.CodeBadInput.
func NewWriter(w io.Writer, format string, head ExportHead) (*Writer, error) {
	if format != "chatlab-jsonl" && format != "chatlab-json" {
		return nil, community.Errorf(community.CodeBadInput, "export format %q: want chatlab-jsonl or chatlab-json", format)
	}
	x := &Writer{w: w, json: format == "chatlab-json"}
	x.enc = json.NewEncoder(&x.buf)
	x.enc.SetEscapeHTML(false)
	u := &Unit{Files: []File{{}}}
	x.r = newLabReader(u, Options{}, &Facts{}, nil)
	h := labOutHead{Meta: labOutMeta{Name: head.Group.Name, Platform: string(head.Platform), Type: "group", GroupID: head.Group.ID}, Own: labOwn{labFormat}}
	h.Chatlab.Version, h.Chatlab.ExportedAt, h.Chatlab.Generator = "0.0.2", head.ExportedAt/1000, head.Generator
	if head.Private {
		h.Meta.Type = "private"
	}
	if head.Group.ID == "" {
		return nil, community.Errorf(community.CodeBadInput, "export of a group without an id")
	}
	if h.Meta.Name == "" {
		h.Meta.Name = head.Group.ID
	}
	x.r.header(labHead{Meta: labMeta{Name: h.Meta.Name, Platform: h.Meta.Platform, Type: h.Meta.Type, GroupID: h.Meta.GroupID}, Own: &h.Own})
	return x, x.begin(h, head.Members)
}

type labOutHead struct {
	Kind    string `json:"_type,omitempty"`
	Chatlab struct {
		Version    string `json:"version"`
		ExportedAt int64  `json:"exportedAt"`
		Generator  string `json:"generator,omitempty"`
	} `json:"chatlab"`
	Meta    labOutMeta     `json:"meta"`
	Own     labOwn         `json:"x_qunluo"`
	Members []labOutMember `json:"-"`
}

type labOutMeta struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
	Type     string `json:"type"`
	GroupID  string `json:"groupId,omitempty"`
}

type labOutMember struct {
	Kind  string       `json:"_type,omitempty"`
	ID    string       `json:"platformId"`
	Name  string       `json:"accountName"`
	Card  string       `json:"groupNickname,omitempty"`
	Roles []labOutRole `json:"roles,omitempty"`
}

type labOutRole struct {
	ID string `json:"id"`
}

type labOutMessage struct {
	Kind      string    `json:"_type,omitempty"`
	MessageID string    `json:"platformMessageId,omitempty"`
	Sender    string    `json:"sender"`
	Name      string    `json:"accountName"`
	Card      string    `json:"groupNickname,omitempty"`
	Time      int64     `json:"timestamp"`
	Type      int64     `json:"type"`
	Content   *string   `json:"content"`
	ReplyTo   string    `json:"replyToMessageId,omitempty"`
	Own       *labEvent `json:"x_qunluo,omitempty"`
}

func (x *Writer) begin(h labOutHead, members []community.Who) error {
	if !x.json {
		h.Kind = "header"
		if err := x.put(h, ""); err != nil {
			return err
		}
		for _, m := range members {
			if err := x.put(labMemberOf(m, "member"), ""); err != nil {
				return err
			}
		}
		return nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(h); err != nil {
		return err
	}
	open := bytes.TrimSuffix(bytes.TrimSpace(b.Bytes()), []byte("}"))
	if _, err := fmt.Fprintf(x.w, "%s,\n\"members\":[", open); err != nil {
		return err
	}
	for i, m := range members {
		if err := x.put(labMemberOf(m, ""), comma(int64(i))); err != nil {
			return err
		}
	}
	_, err := io.WriteString(x.w, "],\n\"messages\":[\n")
	return err
}

func comma(i int64) string {
	if i == 0 {
		return ""
	}
	return ","
}

func labMemberOf(m community.Who, kind string) labOutMember {
	out := labOutMember{Kind: kind, ID: m.ID, Name: m.Name, Card: m.Card}
	if m.Role == community.RoleOwner || m.Role == community.RoleAdmin {
		out.Roles = []labOutRole{{string(m.Role)}}
	}
	return out
}

func (x *Writer) put(v any, before string) error {
	x.buf.Reset()
	x.buf.WriteString(before)
	if err := x.enc.Encode(v); err != nil {
		return err
	}
	_, err := x.w.Write(x.buf.Bytes())
	return err
}

// labTypes are the kinds of events that an export may hold and an import may bring back. Decisions, receipts and
// rulebooks are an instance's own and no history.
var labTypes = map[community.Type]bool{
	community.MessageCreated: true, community.MessageEdited: true, community.MessageDeleted: true,
	community.MemberJoined: true, community.MemberLeft: true, community.MemberUpdated: true, community.MemberMuted: true,
	community.MemberInvited: true, community.JoinRequested: true, community.JoinHandled: true, community.GroupUpdated: true,
	community.RosterRead: true, community.SystemText: true,
}

// Exportable reports whether events of a type belong into an export.
func Exportable(t community.Type) bool { return labTypes[t] }

// Write adds an event. Its type must be Exportable and its OccurredAt a time since 1990; else community.CodeUnsupported
// or community.CodeBadInput. A message that was recalled is the caller's to leave out, or to give without its text.
func (x *Writer) Write(in community.Inbound) error {
	if !Exportable(in.Type) {
		return community.Errorf(community.CodeUnsupported, "events of type %s are not exported", in.Type)
	}
	if !x.r.opt.plausible(in.OccurredAt) {
		return community.Errorf(community.CodeBadInput, "event %s at %d ms", in.Key, in.OccurredAt)
	}
	m := labOutMessage{Sender: in.Actor.ID, Name: in.Actor.Name, Card: in.Actor.Card, Time: in.OccurredAt / 1000,
		Type: int64(in.Body.Class), MessageID: in.Body.Message, ReplyTo: in.Body.ReplyTo}
	text := in.Body.Text
	switch in.Type {
	case community.MessageCreated, community.MessageEdited:
	case community.MessageDeleted:
		m.Type, m.MessageID = int64(community.Recalled), "" // a reader would take the row for the message told twice
	default:
		m.Type, text, m.MessageID, m.ReplyTo = int64(community.System), spoken(&in), "", ""
	}
	if text != "" || m.Type == int64(community.Text) {
		m.Content = &text
	}
	m.Own = x.own(&m, text, &in)
	if !x.json {
		m.Kind = "message"
		return x.put(m, "")
	}
	x.n++
	return x.put(m, comma(x.n-1))
}

// own is what a reader of the plain fields would not know; nil when it would know everything.
func (x *Writer) own(m *labOutMessage, text string, in *community.Inbound) *labEvent {
	x.r.obj = labObject{Sender: m.Sender, Name: m.Name, Card: m.Card, Content: text, MessageID: m.MessageID, ReplyTo: m.ReplyTo,
		Time: m.Time, HasTime: true, Type: m.Type, HasType: true}
	_, known := labKinds[m.Type]
	base := x.r.base(m.Time*1000, known)
	var own labEvent
	if in.Type != base.Type || m.Type == int64(community.System) || m.Type == int64(community.Recalled) {
		own.Type = in.Type
	}
	if in.Key != base.Key {
		own.Key = in.Key
	}
	if in.OccurredAt != base.OccurredAt {
		own.At = in.OccurredAt
	}
	for _, w := range []struct {
		from, base *community.Who
		to         **community.Who
	}{{&in.Actor, &base.Actor, &own.Actor}, {&in.Subject, &base.Subject, &own.Subject}, {&in.By, &base.By, &own.By}} {
		if !reflect.DeepEqual(*w.from, *w.base) {
			*w.to = w.from
		}
	}
	if !reflect.DeepEqual(in.Body, base.Body) {
		body := in.Body
		if own.Said = body.Text != "" && body.Text == base.Body.Text; own.Said {
			body.Text = ""
		}
		own.Body = &body
	}
	if own == (labEvent{}) && m.Sender != "" {
		return nil
	}
	own.Private = in.Private
	return &own
}

// Close ends the document. It does not close the writer below.
func (x *Writer) Close() error {
	if !x.json {
		return nil
	}
	_, err := io.WriteString(x.w, "]}\n")
	return err
}

// spoken is the sentence that stands for an event in front of foreign readers, in the forms of WeChat.
func spoken(in *community.Inbound) string {
	b := &in.Body
	who, by := in.Actor.Shown(), in.By.Shown()
	switch in.Type {
	case community.MemberJoined:
		switch {
		case by != "" && b.Scene == "qr":
			return `"` + who + `"通过扫描"` + by + `"分享的二维码加入群聊`
		case by != "":
			return `"` + by + `"邀请"` + who + `"加入了群聊`
		}
		return `"` + who + `"加入了群聊`
	case community.MemberInvited:
		return `"` + who + `"邀请"` + in.Subject.Shown() + `"加入了群聊`
	case community.MemberLeft:
		if b.Reason == "kicked" {
			return `"` + by + `"将"` + who + `"移出了群聊`
		}
		return `"` + who + `"退出了群聊`
	case community.MemberMuted:
		if b.Seconds == 0 {
			return `"` + who + `"被解除禁言`
		}
		return fmt.Sprintf(`"%s"被禁言%d秒`, who, b.Seconds)
	case community.MemberUpdated:
		return updated(in)
	case community.GroupUpdated:
		var c GroupChange
		if json.Unmarshal(b.Data, &c) == nil && c.Name != "" {
			return `"` + who + `"修改群名为“` + c.Name + `”`
		}
		return `"` + who + `"修改了群资料`
	case community.JoinRequested:
		return `"` + who + `"申请加入群聊`
	case community.JoinHandled:
		return `"` + who + `"的入群申请已处理`
	case community.RosterRead:
		return "群成员名单"
	}
	return b.Text
}

func updated(in *community.Inbound) string {
	var c Renamed
	if json.Unmarshal(in.Body.Data, &c) == nil && c.New != "" {
		return `"` + c.Old + `"改名为"` + c.New + `"`
	}
	return `"` + in.Actor.Shown() + `"的群资料有变化`
}
