package onebot

import (
	"bytes"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/connect/onebot/wire"
)

// decodeSlow reads any frame with encoding/json.
func decodeSlow(data []byte) (frame, error) {
	var doc wire.Fields
	if err := json.Unmarshal(data, &doc); err != nil || doc == nil {
		return frame{}, community.Errorf(community.CodeBadInput, "frame is not a JSON object")
	}
	postType, err := doc.Text("post_type")
	if err != nil {
		return frame{}, err
	}
	switch {
	case postType == "meta_event":
		return meta(doc)
	case postType == "" && (doc["echo"] != nil || doc["retcode"] != nil):
		return answerOf(doc)
	}
	n, err := noteOf(doc, postType)
	if err != nil {
		return frame{}, err
	}
	return n.frame()
}

func meta(doc wire.Fields) (frame, error) {
	var r wire.Reader
	kind := r.Text(doc, "meta_event_type")
	f := frame{self: r.ID(doc, "self_id"), quoted: wire.IsQuoted(doc["self_id"]), interval: r.Number(doc, "interval")}
	switch kind {
	case "heartbeat":
		f.kind = Heartbeat
		f.online = string(r.Object(doc, "status")["online"]) == "true"
	case "lifecycle":
		f.kind = Lifecycle
	}
	return f, r.Err
}

func answerOf(doc wire.Fields) (frame, error) {
	var r wire.Reader
	a := answer{
		echo: string(bytes.TrimSpace(doc["echo"])), status: r.Text(doc, "status"), retcode: r.Number(doc, "retcode"),
		data: doc["data"],
	}
	for _, name := range []string{"wording", "message", "msg"} {
		if words := r.Text(doc, name); words != "" && a.words == "" {
			a.words = words
		}
	}
	return frame{kind: Answer, answer: a}, r.Err
}

func noteOf(doc wire.Fields, postType string) (note, error) {
	var r wire.Reader
	sender := r.Object(doc, "sender")
	n := note{
		time: r.Number(doc, "time"), self: r.ID(doc, "self_id"), message: r.ID(doc, "message_id"),
		group: r.ID(doc, "group_id"), user: r.ID(doc, "user_id"), groupName: r.Text(doc, "group_name"),
		nickname: r.Text(sender, "nickname"), card: r.Text(sender, "card"), role: r.Text(sender, "role"),
		postType: postType, subType: r.Text(doc, "sub_type"), quoted: wire.IsQuoted(doc["self_id"]),
	}
	switch postType {
	case "message", "message_sent":
		n.kind = r.Text(doc, "message_type")
		n.parts = r.Parts(doc)
	case "notice":
		n.kind = r.Text(doc, "notice_type")
		n.operator, n.target, n.duration = r.ID(doc, "operator_id"), r.ID(doc, "target_id"), r.Number(doc, "duration")
		n.cardNew, n.cardOld = r.Text(doc, "card_new"), r.Text(doc, "card_old")
		file := r.Object(doc, "file")
		n.fileName, n.fileID, n.fileURL = r.Text(file, "name"), r.ID(file, "id"), r.Text(file, "url")
		n.words = r.Text(doc, "message")
		if n.kind == "group_msg_emoji_like" {
			n.emoji, n.taken = emojiOf(doc["likes"]), string(doc["is_add"]) == "false"
		}
	case "request":
		n.kind = r.Text(doc, "request_type")
		n.flag, n.comment = r.ID(doc, "flag"), r.Text(doc, "comment")
	}
	return n, r.Err
}

// emojiOf is the first sign of a list of them.
func emojiOf(raw json.RawMessage) string {
	var likes []wire.Fields
	if json.Unmarshal(raw, &likes) != nil || len(likes) == 0 {
		return ""
	}
	var r wire.Reader
	return r.ID(likes[0], "emoji_id")
}
