package importer

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"qunluo/internal/community"
)

// chatlogCSV reads the CSV answers of chatlog's HTTP export (formats.md §8): local times without a zone, contents as they
// were rendered, no ids of messages.
func chatlogCSV() Format {
	return Format{
		Name:     "chatlog-csv",
		Title:    [2]string{"chatlog CSV（微信）", "chatlog CSV (WeChat)"},
		Platform: "wechat",
		Sniff: func(head []byte, _ string) int {
			row, _, err := newCells(bytes.NewReader(trimBOM(head)), ',').read()
			if err == nil && columns(row).has("Time", "SenderName", "Sender", "TalkerName", "Talker", "Content") {
				return 97
			}
			return 0
		},
		Chats:    chatlogCSVChats,
		Zoneless: func([]byte, string) bool { return true },
		Read:     readChatlogCSV,
	}
}

// tableEach reads a CSV with names of columns: head gets them first, then take every record. A broken record has a why.
func tableEach(f File, need []string, take func(col cols, place int64, row [][]byte, raw []byte, why string) error) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	var col cols
	for c := newCells(&cleanBOM{r: decoded(in)}, ','); ; {
		row, raw, err := c.read()
		var broken labError
		switch {
		case errors.Is(err, io.EOF) && col == nil:
			return &Fault{Code: faultEmpty, What: f.Shown()}
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &broken):
			err = take(col, c.line, nil, raw, string(broken))
		case err != nil:
		case col == nil:
			if col = columns(row); !col.has(need...) {
				return &Fault{Code: faultColumns, What: strings.Join(need, ", ")}
			}
			err = take(col, c.line, nil, nil, "")
		default:
			err = take(col, c.line, row, raw, "")
		}
		if err != nil {
			return err
		}
	}
}

var chatlogColumns = []string{"Time", "Sender", "Talker", "Content"}

func chatlogCSVChats(f File) ([]Chat, error) {
	var facts Facts
	var list chatList
	err := tableEach(f, chatlogColumns, func(col cols, _ int64, row [][]byte, _ []byte, _ string) error {
		if row != nil {
			talker := string(col.get(row, "Talker"))
			id := tidyName(strings.TrimSpace(talker), &facts)
			list.add(talker, Chat{ID: id, Name: tidyName(string(col.get(row, "TalkerName")), &facts), Private: id != "" && !strings.HasSuffix(id, "@chatroom")})
		}
		return nil
	})
	return list.done(f), err
}

func readChatlogCSV(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform, facts.Exporter = -1, "wechat", "chatlog"
	f, chat := u.Files[0], u.Chat
	if chat.ID == "" && chat.Name == "" {
		chats, err := chatlogCSVChats(f)
		if err != nil {
			return err
		}
		chat = chats[0]
	}
	w := newWeChat(chat, opt, facts, yield)
	z, err := zoneFor(opt, "", facts)
	if err != nil {
		return err
	}
	here := func(col cols, row [][]byte) bool {
		return chat.Index == 0 || string(col.get(row, "Talker")) == chat.key
	}
	err = tableEach(f, chatlogColumns, func(col cols, _ int64, row [][]byte, _ []byte, _ string) error {
		if id := col.get(row, "Sender"); row != nil && here(col, row) && string(id) != systemSender && stableWechat(id) && !spoiled.Match(id) {
			w.roster.add(w.in.get(id), w.in.get(col.get(row, "SenderName")))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return tableEach(f, chatlogColumns, func(col cols, place int64, row [][]byte, raw []byte, why string) error {
		switch {
		case why != "" && chat.Index <= 1:
			return w.bad(place, "row", why, raw)
		case row == nil && why == "" && chat.Index <= 1:
			return w.skip(place, "header", "header")
		case row == nil || !here(col, row):
			return nil
		}
		return w.chatlogCSV(place, col, row, raw, z)
	})
}

func (w *weChat) chatlogCSV(place int64, col cols, row [][]byte, raw []byte, z *zone) error {
	local, ok := localTime(string(col.get(row, "Time")))
	at := z.instant(local)
	if !ok || !w.opt.plausible(at) {
		return w.bad(place, "row", badTime, raw)
	}
	text := string(col.get(row, "Content"))
	sender, name := string(col.get(row, "Sender")), string(col.get(row, "SenderName"))
	out := weChatRow{place: place, kind: "row", at: at, local: local, text: text}
	class, guessed := renderedClass(text)
	mark := ""
	if guessed {
		mark = "class_guessed"
	}
	out.class, out.source = class, source(mark, z.mark)
	switch {
	case sender == systemSender || name == systemSender && sender == "":
		out.kind, out.class, out.source = "system", community.System, z.mark
	case spoiled.MatchString(sender):
		w.facts.fix("id_spoiled")
		out.sender = w.who("", name)
	default:
		out.sender = w.who(sender, name)
	}
	return w.take(out)
}

// renderedForm is how chatlog shows what is not text: "![图片](address)", "[文件|name](address)", "[语音]".
var renderedForm = regexp.MustCompile(`^!?\[(图片|视频|语音|文件|链接|动画表情|表情|位置|红包|转账|小程序|视频号|直播|合并转发|聊天记录|名片|音乐|通话|拍一拍)(?:\|[^\]\n]*)?\](?:\([^)\n]*\))?`)

var renderedClasses = map[string]community.Class{"图片": community.Image, "视频": community.Video, "语音": community.Voice, "文件": community.File,
	"链接": community.Link, "动画表情": community.Sticker, "表情": community.Sticker, "位置": community.Location, "红包": community.RedPack, "转账": community.Transfer,
	"小程序": community.Share, "视频号": community.Share, "直播": community.Share, "合并转发": community.Forward, "聊天记录": community.Forward,
	"名片": community.Card, "音乐": community.Share, "通话": community.Call, "拍一拍": community.Poke}

// renderedClass guesses the kind of content from the way it was rendered.
func renderedClass(text string) (class community.Class, guessed bool) {
	if m := renderedForm.FindStringSubmatch(text); m != nil {
		return renderedClasses[m[1]], true
	}
	if strings.HasPrefix(text, "> ") {
		return community.Reply, true // a quotation in front of the answer
	}
	return community.Text, false
}
