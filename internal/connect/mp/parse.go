package mp

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
	"qunluo/internal/connect/wxcrypt"
)

// Bounds of what a call may hold, in bytes.
const (
	maxID    = 128
	maxKey   = 128
	maxNotes = 1024
)

// frame is a call of the platform: a message of a follower, or an event.
type frame struct {
	XMLName  xml.Name `xml:"xml"`
	To       string   `xml:"ToUserName"`
	From     string   `xml:"FromUserName"`
	Created  int64    `xml:"CreateTime"`
	Type     string   `xml:"MsgType"`
	ID       string   `xml:"MsgId"`
	Content  string   `xml:"Content"`
	Picture  string   `xml:"PicUrl"`
	Media    string   `xml:"MediaId"`
	Heard    string   `xml:"Recognition"`
	Label    string   `xml:"Label"`
	Title    string   `xml:"Title"`
	About    string   `xml:"Description"`
	URL      string   `xml:"Url"`
	Event    string   `xml:"Event"`
	EventKey string   `xml:"EventKey"`
}

// parse makes the event of a call. desk is the account's own log. It says nothing (no event) about calls that concern
// nobody, such as the platform's report on a template message. Pure.
func parse(desk community.Ref, raw []byte) (in []connect.Inbound, f frame, err error) {
	if err := wxcrypt.ReadXML(raw, &f); err != nil {
		return nil, f, err
	}
	if f.From == "" || f.Type == "" || len(f.From) > maxID || f.Created <= 0 {
		return nil, f, community.Errorf(community.CodeBadInput, "a call names no sender, kind or time")
	}
	one := connect.Inbound{Group: desk, OccurredAt: f.Created * 1000, Actor: community.Who{ID: f.From}, Key: f.key()}
	make, ok := kinds[strings.ToLower(f.Type)]
	if !ok {
		make = unknown
	}
	if !make(&f, &one) {
		return nil, f, nil
	}
	return []connect.Inbound{one}, f, nil
}

// key is the call's own id: MsgId for messages; for events sender, time and what happened, since two events of one second
// may differ in nothing else.
func (f *frame) key() string {
	if f.ID != "" {
		return wxapi.Clip(f.ID, maxID)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Type, f.Event, f.EventKey, f.Content, f.Media}, "\x00")))
	return fmt.Sprintf("%s:%d:%s", f.From, f.Created, base64.RawURLEncoding.EncodeToString(sum[:9]))
}

// kinds are what a call may be; each fills the event and says whether there is one.
var kinds = map[string]func(f *frame, in *connect.Inbound) bool{
	"event": event, "text": text, "image": image, "voice": voice, "video": video, "shortvideo": video,
	"location": location, "link": link,
}

// events are what may have happened besides a message.
var events = map[string]func(f *frame, in *connect.Inbound) bool{
	"subscribe": subscribed, "unsubscribe": unsubscribed, "scan": scanned, "click": clicked, "view": clicked, "view_miniprogram": clicked,
}

func event(f *frame, in *connect.Inbound) bool {
	happened, ok := events[strings.ToLower(f.Event)]
	return ok && happened(f, in)
}

// subscribed: by a scene code when EventKey begins with qrscene_ (its rest is our mark), else found by themselves.
func subscribed(f *frame, in *connect.Inbound) bool {
	in.Type, in.Body.Scene = community.FollowerAdded, "search"
	if state, ok := strings.CutPrefix(f.EventKey, "qrscene_"); ok {
		in.Body.Scene, in.Body.State = "qr", wxapi.Clip(state, maxKey)
	}
	return true
}

func unsubscribed(_ *frame, in *connect.Inbound) bool {
	in.Type, in.Body.Reason = community.FollowerRemoved, "left"
	return true
}

func scanned(f *frame, in *connect.Inbound) bool {
	in.Type, in.Body.Scene, in.Body.State = community.Scanned, "qr", wxapi.Clip(f.EventKey, maxKey)
	return true
}

// clicked is a choice in the menu: an entry's key, or the address that it opens.
func clicked(f *frame, in *connect.Inbound) bool {
	in.Type, in.Body.Scene = community.MenuClicked, strings.ToLower(f.Event)
	if strings.EqualFold(f.Event, "CLICK") {
		in.Body.State = wxapi.Clip(f.EventKey, maxKey)
		return true
	}
	in.Body.Text = wxapi.Clip(f.EventKey, maxNotes)
	return true
}

// said makes a message that a follower wrote to the account: one to one, so it is private.
func said(f *frame, in *connect.Inbound, class community.Class, words string, seg community.Segment) bool {
	in.Type, in.Private = community.MessageCreated, true
	in.Body.Message, in.Body.Class = in.Key, class
	in.Body.Text = wxapi.Clip(strings.ToValidUTF8(words, "\uFFFD"), community.MaxText)
	if seg.Kind != "" {
		in.Body.Segments = []community.Segment{seg}
	}
	return true
}

func text(f *frame, in *connect.Inbound) bool {
	return said(f, in, community.Text, f.Content, community.Segment{})
}

func image(f *frame, in *connect.Inbound) bool {
	return said(f, in, community.Image, "[图片]", community.Segment{Kind: "image", Ref: wxapi.Clip(f.Picture, maxNotes)})
}

func voice(f *frame, in *connect.Inbound) bool {
	words := "[语音]"
	if f.Heard != "" {
		words += f.Heard
	}
	return said(f, in, community.Voice, words, community.Segment{Kind: "audio", Ref: "media:" + wxapi.Clip(f.Media, maxID)})
}

func video(f *frame, in *connect.Inbound) bool {
	return said(f, in, community.Video, "[视频]", community.Segment{Kind: "video", Ref: "media:" + wxapi.Clip(f.Media, maxID)})
}

func location(f *frame, in *connect.Inbound) bool {
	return said(f, in, community.Location, "[位置]"+f.Label, community.Segment{}) // no coordinates: nobody asked for them
}

func link(f *frame, in *connect.Inbound) bool {
	return said(f, in, community.Link, f.Title, community.Segment{Kind: "link", Text: wxapi.Clip(f.Title, maxNotes), Ref: wxapi.Clip(f.URL, maxNotes)})
}

func unknown(f *frame, in *connect.Inbound) bool {
	return said(f, in, community.Other, "["+wxapi.Clip(f.Type, 40)+"]", community.Segment{Kind: "unknown"})
}
