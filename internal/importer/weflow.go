package importer

import (
	"encoding/json"
	"errors"
	"strings"

	"qunluo/internal/community"
)

// weFlow reads the JSON of WeFlow and of echotrace, which lacks the block weflow (formats.md §10).
func weFlow() Format {
	return Format{
		Name:     "weflow-json",
		Title:    [2]string{"WeFlow / echotrace JSON（微信）", "WeFlow / echotrace JSON (WeChat)"},
		Platform: "wechat",
		Sniff: func(head []byte, _ string) int {
			top, first := topKeys(head)
			switch {
			case top["weflow"] && top["session"], top["session"] && first["localId"] && first["senderUsername"]:
				return 97
			case top["session"] && !top["chatInfo"] && !top["chatlab"]:
				return 55 // the picture of the session has pushed the messages out of sight
			case first["localId"] && first["createTime"] && first["senderUsername"]:
				return 80
			}
			return 0
		},
		Chats: weFlowChats,
		Read:  readWeFlow,
	}
}

// weFlowHead is the block session, without its picture, and whether weflow stands in the file.
type weFlowHead struct {
	id, name, shown, kind string
	total                 int64
	weflow                bool
}

func (h *weFlowHead) chat(f File) Chat {
	var facts Facts
	c := Chat{ID: tidyName(h.id, &facts), Name: tidyName(h.shown, &facts), Private: h.kind == "私聊" || h.kind == "" && h.id != "" && !strings.HasSuffix(h.id, "@chatroom")}
	if c.Name == "" {
		c.Name = tidyName(h.name, &facts)
	}
	if c.Name == "" {
		c.Name = bareName(f.Path)
	}
	return c
}

// session reads the block key by key: its picture may be megabytes long.
func (h *weFlowHead) session(w *walk) error {
	h.total = -1
	return w.object(func(key string) (err error) {
		switch key {
		case "wxid":
			h.id, err = w.text()
		case "nickname":
			h.name, err = w.text()
		case "displayName":
			h.shown, err = w.text()
		case "type":
			h.kind, err = w.text()
		case "messageCount":
			var raw []byte
			if raw, _, err = w.capture(64); err == nil {
				if n, _, ok := wholeNumber(raw); ok {
					h.total = n
				}
			}
		default:
			return w.skip()
		}
		return err
	})
}

// weFlowWalk goes through a file: the head into h, every message to take (nil: passed over).
func weFlowWalk(f File, h *weFlowHead, take func(i int64, raw []byte, whole bool) error) error {
	w, closeFile, err := f.walk()
	if err != nil {
		return err
	}
	defer closeFile()
	return w.object(func(key string) error {
		switch {
		case key == "weflow":
			h.weflow = true
		case key == "session":
			return h.session(w)
		case key == "messages" && take != nil:
			return w.array(func(i int64) error {
				raw, whole, err := w.capture(MaxLine)
				if err != nil {
					return err
				}
				return take(i, raw, whole)
			})
		}
		return w.skip()
	})
}

func weFlowChats(f File) ([]Chat, error) {
	var h weFlowHead
	err := weFlowWalk(f, &h, nil)
	if errors.Is(err, errCut) {
		err = nil // the reading will say so
	}
	return []Chat{h.chat(f)}, err
}

// weFlowRow is a message. localType is not to be trusted; isSend is null in notices.
type weFlowRow struct {
	LocalID    json.RawMessage `json:"localId"`
	Created    json.RawMessage `json:"createTime"`
	Formatted  string          `json:"formattedTime"`
	Type       string          `json:"type"`
	Content    *string         `json:"content"`
	IsSend     json.RawMessage `json:"isSend"`
	Sender     string          `json:"senderUsername"`
	SenderName string          `json:"senderDisplayName"`
}

// weFlowClasses are the kinds of content by their Chinese names.
var weFlowClasses = map[string]community.Class{
	"文本消息": community.Text, "图片消息": community.Image, "语音消息": community.Voice, "视频消息": community.Video, "文件消息": community.File,
	"动画表情": community.Sticker, "名片消息": community.Card, "卡片式链接": community.Link, "图文消息": community.Link, "位置消息": community.Location,
	"红包卡片": community.RedPack, "转账卡片": community.Transfer, "小程序分享": community.Share, "视频号直播卡片": community.Share, "引用消息": community.Reply,
	"聊天记录合并转发": community.Forward, "系统消息": community.System, "通话消息": community.Call, "拍一拍": community.Poke,
}

func readWeFlow(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform, facts.Exporter = -1, "wechat", "echotrace"
	f := u.Files[0]
	h := weFlowHead{total: -1}
	var met names
	known := newRoster()
	err := weFlowWalk(f, &h, func(_ int64, raw []byte, whole bool) error {
		var row weFlowRow
		if whole && json.Unmarshal(raw, &row) == nil && !row.system() && stableWechat([]byte(row.Sender)) {
			known.add(met.get([]byte(row.Sender)), met.get([]byte(row.SenderName)))
		}
		return nil
	})
	if err != nil && !errors.Is(err, errCut) {
		return err
	}
	if h.weflow {
		facts.Exporter = "WeFlow"
	}
	w := newWeChat(h.chat(f), opt, facts, yield)
	w.roster, facts.OwnTotal = known, h.total
	if w.chat.Private && !opt.Private {
		facts.OwnTotal = -1 // nothing of it is read, so there is nothing to compare
	}
	var counted int64
	err = weFlowWalk(f, &weFlowHead{}, func(i int64, raw []byte, whole bool) error {
		counted++
		var row weFlowRow
		switch {
		case !whole:
			return w.bad(i, "object", badLong, raw)
		case json.Unmarshal(raw, &row) != nil:
			return w.bad(i, "object", badJSON, raw)
		}
		return w.weFlow(i, &row, raw)
	})
	facts.Messages = counted // the file counts notices too
	return err
}

func (r *weFlowRow) system() bool {
	return r.Type == "系统消息" || string(r.IsSend) == "null" && r.Sender == ""
}

func (w *weChat) weFlow(i int64, row *weFlowRow, raw []byte) error {
	kind := clip(row.Type, 60)
	if kind == "" {
		kind = "none"
	}
	n, _, ok := wholeNumber(row.Created)
	at := epoch(n)
	if !ok || !w.opt.plausible(at) {
		return w.bad(i, kind, badTime, raw)
	}
	if local, ok := localTime(row.Formatted); ok {
		w.facts.derive(at, local)
	}
	class, known := weFlowClasses[row.Type]
	out := weChatRow{place: i, kind: kind, at: at, class: class}
	if !known {
		out.class, out.source = community.Other, "type:"+kind
	}
	if row.Content != nil {
		out.text = *row.Content
	}
	if id, ok := rawID(row.LocalID); ok {
		out.id = id + "@" + strings.Trim(string(row.Created), `"`)
	}
	switch {
	case row.system():
		out.class = community.System
	case string(row.IsSend) == "1":
		out.sender = w.self(row.Sender, row.SenderName)
	default:
		out.sender = w.who(row.Sender, row.SenderName)
	}
	return w.take(out)
}
