package mp

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// TestArticleGoesIntoTheDraftBox: what is asked of the platform is what its documents say: pictures by a form, a lasting cover, one
// article with its words as they are.
func TestArticleGoesIntoTheDraftBox(t *testing.T) {
	r := start(t, nil)
	ctx := t.Context()
	r.p.answer["media/uploadimg"] = `{"url":"http://mmbiz.qpic.cn/x"}`
	r.p.answer["material/add_material"] = `{"media_id":"cover-1","url":"http://mmbiz.qpic.cn/c"}`
	r.p.answer["draft/add"] = `{"media_id":"draft-1"}`
	f := community.Medium{Name: "图.png", Type: "image/png", Data: []byte("\x89PNG\r\n\x1a\npicture")}
	at, err := r.ArticlePicture(ctx, f)
	if err != nil || at != "http://mmbiz.qpic.cn/x" {
		t.Fatalf("picture = %q, %v", at, err)
	}
	cover, err := r.ArticleCover(ctx, f)
	if err != nil || cover != "cover-1" {
		t.Fatalf("cover = %q, %v", cover, err)
	}
	a := community.Article{Title: "第三章", Author: "林晓", Digest: "一起读", HTML: "<p>a &lt;b&gt;</p>", Source: "https://q.example/l/x?a=1&b=2", Cover: cover}
	id, err := r.SaveArticle(ctx, "", a)
	if err != nil || id != "draft-1" {
		t.Fatalf("draft = %q, %v", id, err)
	}
	body := func(path string) string { return r.p.bodies[slices.Index(r.p.calls, path)] }
	for _, path := range []string{"media/uploadimg", "material/add_material"} {
		if form := body(path); !strings.Contains(form, `name="media"; filename="图.png"`) || !strings.Contains(form, "picture") {
			t.Errorf("%s is sent %q", path, form)
		}
	}
	raw := body("draft/add")
	var sent struct {
		Articles []map[string]any `json:"articles"`
	}
	if err := json.Unmarshal([]byte(raw), &sent); err != nil || len(sent.Articles) != 1 {
		t.Fatalf("sent %s, %v", raw, err)
	}
	for field, want := range map[string]any{"article_type": "news", "title": "第三章", "author": "林晓", "digest": "一起读", "content": a.HTML, "content_source_url": a.Source, "thumb_media_id": "cover-1"} {
		if sent.Articles[0][field] != want {
			t.Errorf("%s = %v, want %v", field, sent.Articles[0][field], want)
		}
	}
	if strings.Contains(raw, `\u`) { // the platform keeps escapes as they are
		t.Errorf("sent with escapes: %s", raw)
	}
	if id, err := r.SaveArticle(ctx, "draft-1", a); err != nil || id != "draft-1" || !strings.Contains(body("draft/update"), `"index":0`) || !strings.Contains(body("draft/update"), `"media_id":"draft-1"`) {
		t.Errorf("replaced: %q, %v, %s", id, err, body("draft/update"))
	}
	r.p.answer["draft/update"] = `{"errcode":40007,"errmsg":"invalid media_id"}`
	if _, err := r.SaveArticle(ctx, "draft-1", a); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("one that is not there: %v", err)
	}
	r.p.answer["draft/batchget"] = `{"total_count":2,"item_count":2,"item":[{"media_id":"d2","content":{"news_item":[{"thumb_media_id":"other"}]}},{"media_id":"draft-1","content":{"news_item":[{"thumb_media_id":"cover-1"}]}}]}`
	if id, err := r.FindArticle(ctx, "cover-1"); err != nil || id != "draft-1" {
		t.Errorf("found %q, %v", id, err)
	}
	if id, err := r.FindArticle(ctx, "cover-9"); err != nil || id != "" {
		t.Errorf("found %q, %v; want none", id, err)
	}
	r.p.answer["draft/add"] = `{"errcode":0,"errmsg":"ok"}`
	if _, err := r.SaveArticle(ctx, "", a); community.CodeOf(err) != community.CodeTimeout {
		t.Errorf("an answer without an id: %v, want nobody to know", err)
	}
	r.p.answer["draft/add"] = `{"errcode":48001,"errmsg":"api unauthorized"}`
	if _, err := r.SaveArticle(ctx, "", a); community.CodeOf(err) != community.CodeUnsupported {
		t.Errorf("an account that may not: %v", err)
	}
}
