package mp

import (
	"context"
	"net/url"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

var _ connect.Drafter = (*Session)(nil)

// MayDraft says why an account of this kind may not put articles into its draft box.
func (s *Session) MayDraft() error { return s.need("drafts") }

// ArticlePicture uploads a picture of an article's text (document: media/uploadimg, JPG and PNG below 1 MB; it does not count
// towards the account's material).
func (s *Session) ArticlePicture(ctx context.Context, f community.Medium) (string, error) {
	var got struct {
		URL string `json:"url"`
	}
	err := s.learn(ctx, s.api.Upload(ctx, "media/uploadimg", url.Values{}, wxapi.Part{Field: "media", Name: f.Name, Data: f.Data}, &got))
	if err == nil && got.URL == "" {
		err = community.Errorf(community.CodeUnreachable, "media/uploadimg: the answer holds no address")
	}
	return got.URL, err
}

// ArticleCover uploads a cover as lasting material (document: material/add_material; a cover must be lasting).
func (s *Session) ArticleCover(ctx context.Context, f community.Medium) (string, error) {
	var got struct {
		ID string `json:"media_id"`
	}
	err := s.learn(ctx, s.api.Upload(ctx, "material/add_material", url.Values{"type": {"image"}}, wxapi.Part{Field: "media", Name: f.Name, Data: f.Data}, &got))
	if err == nil && got.ID == "" {
		err = community.Errorf(community.CodeUnreachable, "material/add_material: the answer holds no id")
	}
	return got.ID, err
}

// SaveArticle puts an article into the draft box (document: draft/add), or in the place of one there (draft/update).
func (s *Session) SaveArticle(ctx context.Context, id string, a community.Article) (string, error) {
	one := map[string]any{"article_type": "news", "title": a.Title, "author": a.Author, "digest": a.Digest, "content": a.HTML, "content_source_url": a.Source, "thumb_media_id": a.Cover,
		"need_open_comment": 0, "only_fans_can_comment": 0}
	if id != "" {
		return id, s.learn(ctx, s.api.Write(ctx, "draft/update", map[string]any{"media_id": id, "index": 0, "articles": one}, nil))
	}
	var got struct {
		ID string `json:"media_id"`
	}
	err := s.learn(ctx, s.api.Write(ctx, "draft/add", map[string]any{"articles": []any{one}}, &got))
	if err == nil && got.ID == "" {
		err = community.Errorf(community.CodeTimeout, "draft/add: the answer holds no id")
	}
	return got.ID, err
}

// Drafts are asked for in pages (document: draft/batchget, at most 20 at once); what is looked for was made a moment ago.
const (
	draftPage  = 20
	draftPages = 5
)

// FindArticle looks for a draft by its cover among the newest.
func (s *Session) FindArticle(ctx context.Context, cover string) (string, error) {
	for page := range draftPages {
		var got struct {
			Total int `json:"total_count"`
			Item  []struct {
				ID      string `json:"media_id"`
				Content struct {
					News []struct {
						Cover string `json:"thumb_media_id"`
					} `json:"news_item"`
				} `json:"content"`
			} `json:"item"`
		}
		if err := s.learn(ctx, s.api.Read(ctx, "draft/batchget", map[string]any{"offset": page * draftPage, "count": draftPage, "no_content": 1}, &got)); err != nil {
			return "", err
		}
		for _, d := range got.Item {
			for _, n := range d.Content.News {
				if n.Cover == cover {
					return d.ID, nil
				}
			}
		}
		if len(got.Item) < draftPage {
			return "", nil
		}
	}
	return "", nil
}
