package telegram

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

var _ connect.MediaReader = (*Session)(nil)

// sendable is what a bot can send as content: 10 MB of a picture, 50 MB of anything else (core.telegram.org/bots/api,
// "Sending files"); here one part a message, so that one id recalls it.
func sendable() connect.Media {
	return connect.Media{
		Upload: map[string]int64{"image": 10 << 20, "audio": community.MaxMedium, "video": community.MaxMedium, "file": community.MaxMedium},
		Only:   map[string][]string{"image": {"image/jpeg", "image/png", "image/webp", "image/gif"}},
		ByWeb:  true, Most: 1,
	}
}

// ReadMedia reads a file that our bot was told of. The Bot API gives out at most 20 MB of one.
func (s *Session) ReadMedia(ctx context.Context, seg community.Segment, most int64) (community.Medium, error) {
	id, ok := strings.CutPrefix(seg.Ref, "telegram:")
	if !ok {
		return community.Medium{}, community.Errorf(community.CodeUnsupported, "not a file of the Bot API")
	}
	var file *models.File
	err := s.call(ctx, "getFile", func(ctx context.Context) (err error) {
		file, err = s.bot.GetFile(ctx, &bot.GetFileParams{FileID: id})
		return err
	})
	switch {
	case err != nil && strings.Contains(err.Error(), "too big"):
		return community.Medium{}, community.Errorf(community.CodeTooLarge, "more than the Bot API gives out")
	case err != nil && strings.Contains(err.Error(), "file_id"): // "wrong file_id or the file is temporarily unavailable"
		return community.Medium{}, community.Errorf(community.CodeLate, "Telegram does not know the file any more")
	case err != nil:
		return community.Medium{}, err
	case file.FileSize > most:
		return community.Medium{}, community.Errorf(community.CodeTooLarge, "%d bytes, at most %d", file.FileSize, most)
	}
	data, err := s.download(ctx, file.FilePath, most)
	return community.Medium{Data: data, Name: path.Base(file.FilePath)}, err
}

func (s *Session) download(ctx context.Context, at string, most int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server+"/file/bot"+s.token+"/"+(&url.URL{Path: at}).EscapedPath(), nil)
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "the file's path is not usable")
	}
	answer, err := s.client.Do(req)
	if err != nil {
		return nil, community.Errorf(community.CodeUnreachable, "file: %s", s.hush(err.Error()))
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	switch {
	case answer.StatusCode == http.StatusNotFound:
		return nil, community.Errorf(community.CodeLate, "the file is gone")
	case answer.StatusCode != http.StatusOK || err != nil:
		return nil, community.Errorf(community.CodeUnreachable, "file: HTTP %d", answer.StatusCode)
	case int64(len(data)) > most:
		return nil, community.Errorf(community.CodeTooLarge, "more than %d bytes", most)
	}
	return data, nil
}

// uploadKey marks a call that carries a file: it stays multipart.
type uploadKey struct{}

// input names the media of a message: what Telegram has already, an address it fetches, or the content itself.
func (s *Session) input(seg community.Segment) models.InputFile {
	if seg.File == nil {
		return &models.InputFileString{Data: strings.TrimPrefix(seg.Ref, "telegram:")}
	}
	s.mu.Lock()
	id := s.uploaded[seg.Kind+seg.File.Hash]
	s.mu.Unlock()
	if id != "" {
		return &models.InputFileString{Data: id}
	}
	return &models.InputFileUpload{Filename: seg.File.Name, Data: bytes.NewReader(seg.File.Data)}
}

// uploadsKept bounds how many uploads are remembered.
const uploadsKept = 1000

// noteUpload keeps what Telegram calls content that we uploaded, so that the next group needs no second upload.
func (s *Session) noteUpload(seg community.Segment, sent *models.Message) {
	if seg.File == nil || sent == nil {
		return
	}
	id := ""
	switch {
	case len(sent.Photo) > 0:
		id = sent.Photo[len(sent.Photo)-1].FileID
	case sent.Video != nil:
		id = sent.Video.FileID
	case sent.Audio != nil:
		id = sent.Audio.FileID
	case sent.Document != nil:
		id = sent.Document.FileID
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.uploaded) >= uploadsKept {
		clear(s.uploaded)
	}
	if id != "" {
		s.uploaded[seg.Kind+seg.File.Hash] = id
	}
}

// carries reports whether a request's context says that it holds a file.
func carries(ctx context.Context) bool { return ctx.Value(uploadKey{}) != nil }
