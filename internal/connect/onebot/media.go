package onebot

import (
	"context"
	"encoding/base64"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/onebot/wire"
)

var _ connect.MediaReader = (*Session)(nil)

// sendable is what implementations take as base64:// (OneBot v11, "message segments"; "file" is an extension of NapCat and
// LLOneBot, unverified). What is too large may still go by its address.
func sendable() connect.Media {
	return connect.Media{Upload: map[string]int64{"image": 10 << 20, "audio": 10 << 20, "video": community.MaxMedium, "file": community.MaxMedium}, ByWeb: true}
}

// readers say which call reads a kind of segment that came without a web address.
var readers = map[string]string{"image": "get_image", "audio": "get_record", "file": "get_file"}

// ReadMedia reads content of which the implementation gave only a name. CodeUnsupported where it has a web address.
func (s *Session) ReadMedia(ctx context.Context, seg community.Segment, most int64) (community.Medium, error) {
	action, ok := readers[seg.Kind]
	if coded, found := strings.CutPrefix(seg.Ref, "base64://"); found {
		return decoded(coded, most)
	}
	if !ok || seg.IsWeb() || seg.Ref == "" {
		return community.Medium{}, community.Errorf(community.CodeUnsupported, "its address is all there is")
	}
	l, err := s.linked()
	if err != nil {
		return community.Medium{}, err
	}
	params := map[string]any{"file": seg.Ref}
	if seg.Kind == "audio" {
		params["out_format"] = "mp3"
	}
	got, err := l.call(ctx, action, params, true)
	if err != nil {
		return community.Medium{}, err
	}
	if got.status == "failed" {
		if meaningOf(got) == community.CodeUnsupported {
			return community.Medium{}, community.Errorf(community.CodeUnsupported, "%s is not implemented there", action)
		}
		return community.Medium{}, community.Errorf(community.CodeLate, "%s: %s", action, s.hush(shortened(got.words)))
	}
	var r wire.Reader
	data := r.Object(wire.Fields{"data": got.data}, "data")
	coded := r.Text(data, "base64")
	if coded == "" {
		return community.Medium{}, community.Errorf(community.CodeUnsupported, "%s gives no content", action)
	}
	return decoded(coded, most)
}

func decoded(coded string, most int64) (community.Medium, error) {
	if int64(base64.StdEncoding.DecodedLen(len(coded))) > most+3 {
		return community.Medium{}, community.Errorf(community.CodeTooLarge, "more than %d bytes", most)
	}
	data, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		return community.Medium{}, community.Errorf(community.CodeBadInput, "the content is not base64")
	}
	return community.Medium{Data: data}, nil
}
