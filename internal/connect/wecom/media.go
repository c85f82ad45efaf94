package wecom

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

// attachable are the kinds of segments that a mass send carries as attachments (document 92135), and as what each is written.
var attachable = map[string]func(seg community.Segment, id string) (map[string]any, error){"image": byID, "video": byID, "file": byID, "app": miniProgram}

// byID is content that the platform has.
func byID(seg community.Segment, id string) (map[string]any, error) {
	return map[string]any{"msgtype": seg.Kind, seg.Kind: map[string]any{"media_id": id}}, nil
}

// miniProgram is a mini program on one of its pages, with its picture.
func miniProgram(seg community.Segment, id string) (map[string]any, error) {
	var app struct {
		ID   string `json:"appid"`
		Page string `json:"page"`
	}
	if json.Unmarshal(seg.Raw, &app) != nil || app.ID == "" || app.Page == "" {
		return nil, community.Errorf(community.CodeBadInput, "mass send: the mini program cannot be read")
	}
	return map[string]any{"msgtype": "miniprogram", "miniprogram": map[string]any{"title": wxapi.Clip(seg.Text, 64), "pic_media_id": id, "appid": app.ID, "page": app.Page}}, nil
}

// uploadAs is the type under which a kind's content is uploaded; absent = its own.
var uploadAs = map[string]string{"app": "image"}

// sendable is what may be uploaded (document 90253: pictures JPG and PNG to 10 MB, MP4 to 10 MB, files to 20 MB) and how
// much a mass send holds.
func sendable() connect.Media {
	return connect.Media{
		Upload: map[string]int64{"image": 10 << 20, "app": 10 << 20, "video": 10 << 20, "file": community.MaxMedium},
		Only:   map[string][]string{"image": {"image/jpeg", "image/png"}, "app": {"image/jpeg", "image/png"}, "video": {"video/mp4"}}, Most: maxAttached,
	}
}

// mediumLives is how long an uploaded medium may be used: three days (document 90253), less an hour.
const mediumLives = 71 * time.Hour

// upload is content that the platform has.
type upload struct {
	id string
	at time.Time
}

// attach uploads the pictures, films and files of a letter, each once in three days, and adds them to it.
func (s *Session) attach(ctx context.Context, a community.Action, letter map[string]any) error {
	list, _ := letter["attachments"].([]map[string]any)
	for _, seg := range a.Segments {
		write := attachable[seg.Kind]
		if seg.File == nil || write == nil {
			continue
		}
		id, err := s.upload(ctx, seg)
		if err != nil {
			return err
		}
		one, err := write(seg, id)
		if err != nil {
			return err
		}
		list = append(list, one)
	}
	if len(list) > maxAttached {
		return community.Errorf(community.CodeTooLarge, "mass send: %d attachments, at most %d", len(list), maxAttached)
	}
	if len(list) > 0 {
		letter["attachments"] = list
	}
	return nil
}

func (s *Session) upload(ctx context.Context, seg community.Segment) (string, error) {
	kind := cmp.Or(uploadAs[seg.Kind], seg.Kind)
	return s.uploadTo(ctx, "media/upload", url.Values{"type": {kind}}, kind+seg.File.Hash, *seg.File)
}

// uploadTo uploads content where it is wanted, once in three days per key.
func (s *Session) uploadTo(ctx context.Context, path string, query url.Values, key string, f community.Medium) (string, error) {
	s.uploads.Lock()
	defer s.uploads.Unlock()
	if had, ok := s.uploads.had[key]; ok && time.Since(had.at) < mediumLives {
		return had.id, nil
	}
	var got struct {
		ID string `json:"media_id"`
	}
	err := s.ask(ctx, func() error {
		return s.api.Upload(ctx, path, query, wxapi.Part{Field: "media", Name: f.Name, Data: f.Data}, &got)
	})
	if err != nil {
		return "", err
	}
	if got.ID == "" {
		return "", community.Errorf(community.CodeUnreachable, "%s: the answer holds no id", path)
	}
	if s.uploads.had == nil || len(s.uploads.had) > 1000 {
		s.uploads.had = map[string]upload{}
	}
	s.uploads.had[key] = upload{got.ID, time.Now()}
	return got.ID, nil
}
