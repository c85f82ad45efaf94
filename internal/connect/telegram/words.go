package telegram

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"qunluo/internal/community"
)

// words are an action's text in Telegram's form: at most one picture or file, named by its address, which Telegram
// fetches itself; more of them follow as addresses in the text.
type words struct {
	text     string
	entities []models.MessageEntity
	media    community.Segment
	replyTo  string
}

func (o *order) words() *words {
	w := &words{replyTo: o.a.ReplyTo}
	if o.a.Mention && o.a.To.Member != "" {
		w.mention(o.a.To.Member, o.named(o.a.To.Member))
		w.text += " "
	}
	if len(o.a.Segments) == 0 {
		w.text += o.a.Text
		return w
	}
	for _, seg := range o.a.Segments {
		w.add(seg, o)
	}
	return w
}

// named is how a member is called, as far as we have heard of them.
func (o *order) named(member string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return first(o.names[member], member)
}

func (w *words) add(seg community.Segment, o *order) {
	switch seg.Kind {
	case "at":
		w.mention(seg.Ref, first(strings.TrimPrefix(seg.Text, "@"), o.named(seg.Ref)))
	case "link":
		w.link(seg)
	case "quote":
		w.replyTo = first(w.replyTo, seg.Ref)
	case "image", "video", "audio", "file":
		if w.media.Kind == "" && seg.Ref != "" {
			w.media = seg
			return
		}
		w.text += "\n" + first(seg.Text, seg.Ref)
	default:
		w.text += seg.Text
	}
}

// mention marks a member; user ids that are no numbers stay plain text.
func (w *words) mention(member, name string) {
	shown := "@" + name
	if n, err := strconv.ParseInt(member, 10, 64); err == nil && n > 0 {
		w.mark(models.MessageEntity{Type: models.MessageEntityTypeTextMention, User: &models.User{ID: n, FirstName: name}}, shown)
	}
	w.text += shown
}

func (w *words) link(seg community.Segment) {
	shown := first(seg.Text, seg.Ref)
	if seg.Ref != "" && shown != seg.Ref {
		w.mark(models.MessageEntity{Type: models.MessageEntityTypeTextLink, URL: seg.Ref}, shown)
	}
	w.text += shown
}

func (w *words) mark(e models.MessageEntity, shown string) {
	e.Offset, e.Length = units(w.text), units(shown)
	w.entities = append(w.entities, e)
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }

func (w *words) fits() error {
	most := maxWords
	if w.media.Kind != "" {
		most = maxCaption
	}
	if n := units(w.text); n > most {
		return community.Errorf(community.CodeTooLarge, "a message of %d characters, Telegram takes %d", n, most)
	}
	return nil
}

func (w *words) post(ctx context.Context, s *Session, group string) (*models.Message, error) {
	b, at := s.bot, s.input(w.media)
	if _, content := at.(*models.InputFileUpload); content {
		ctx = context.WithValue(ctx, uploadKey{}, true)
	}
	var reply *models.ReplyParameters
	if n, err := strconv.Atoi(w.replyTo); err == nil {
		reply = &models.ReplyParameters{MessageID: n, AllowSendingWithoutReply: true}
	}
	switch w.media.Kind {
	case "image":
		return b.SendPhoto(ctx, &bot.SendPhotoParams{ChatID: group, Photo: at, Caption: w.text, CaptionEntities: w.entities, ReplyParameters: reply})
	case "video":
		return b.SendVideo(ctx, &bot.SendVideoParams{ChatID: group, Video: at, Caption: w.text, CaptionEntities: w.entities, ReplyParameters: reply})
	case "audio":
		return b.SendAudio(ctx, &bot.SendAudioParams{ChatID: group, Audio: at, Caption: w.text, CaptionEntities: w.entities, ReplyParameters: reply})
	case "file":
		return b.SendDocument(ctx, &bot.SendDocumentParams{ChatID: group, Document: at, Caption: w.text, CaptionEntities: w.entities, ReplyParameters: reply})
	}
	return b.SendMessage(ctx, &bot.SendMessageParams{ChatID: group, Text: w.text, Entities: w.entities, ReplyParameters: reply})
}
