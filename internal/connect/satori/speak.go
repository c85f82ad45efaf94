package satori

import (
	"context"
	"encoding/base64"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// textLives is how long a guild's first channel is believed to be that.
const textLives = 10 * time.Minute

// textChannel is where a guild is spoken to.
type textChannel struct {
	id string
	at time.Time
}

// speakingIn is the channel that an action speaks in; wanted is that of the message answered, "" = as the group.
func (o *order) speakingIn(wanted string) (string, error) {
	group := o.a.To.Group
	if wanted != "" {
		return wanted, nil
	}
	if o.a.ReplyTo != "" {
		return group, nil
	}
	o.mu.Lock()
	known, last := o.texts[group], o.spoke[group+"\x00"+o.a.To.Member]
	plain := o.features["guild.plain"]
	o.mu.Unlock()
	switch {
	case plain:
		return group, nil
	case o.a.Mention && o.a.To.Member != "" && last != "":
		return last, nil
	case known.id != "" && time.Since(known.at) < textLives:
		return known.id, nil
	}
	return o.firstText(o.ctx, group)
}

// firstText asks for a guild's first text channel; where the gateway lists none, the guild is spoken to by its own id, as
// platforms do whose groups have no channels.
func (o *order) firstText(ctx context.Context, group string) (string, error) {
	found := textChannel{group, time.Now()}
	if o.offers("channel.list") {
		rows, err := whole[channel](ctx, o.Session, "channel.list", map[string]any{"guild_id": group})
		if err != nil {
			return "", unsaid(err)
		}
		best := -1
		for i, c := range rows {
			if c.Type == channelText && c.ID != "" && (best < 0 || c.Position < rows[best].Position) {
				best = i
			}
		}
		if best >= 0 {
			found.id = string(rows[best].ID)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.texts[group] = found
	return found.id, nil
}

// sendable is what messages may hold besides words: content goes along within the call, so not much of it.
func sendable() connect.Media {
	const most = 2 << 20
	return connect.Media{Upload: map[string]int64{"image": most, "audio": most, "video": most, "file": most}, ByWeb: true}
}

// inlined gives segments whose content was fetched an address that holds it.
func inlined(segments []community.Segment) []community.Segment {
	out := slices.Clone(segments)
	for i, s := range out {
		if s.File != nil {
			out[i].Ref = "data:" + first(s.File.Type, "application/octet-stream") + ";base64," + base64.StdEncoding.EncodeToString(s.File.Data)
		}
	}
	return out
}

// unsaid is what it means for a message that the question before it failed: whatever became of that, nothing was said.
func unsaid(err error) error {
	if community.CodeOf(err) == community.CodeTimeout {
		return community.Errorf(community.CodeUnreachable, "nothing was sent: %w", err)
	}
	return outward(err)
}
