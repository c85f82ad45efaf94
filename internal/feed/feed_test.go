package feed

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	utf16 "golang.org/x/text/encoding/unicode"

	"qunluo/internal/community"
)

const at = "https://news.example/feed.xml"

func rss(items string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>茶报</title>` + items + `</channel></rss>`
}

func mustRead(t *testing.T, body string) Feed {
	t.Helper()
	f, err := Read([]byte(body), at, "text/xml")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFeedsOfEveryKindAreRead(t *testing.T) {
	want := Item{ID: "n1", Title: "新茶上市", Summary: "头一批", Link: "https://news.example/1", At: 1767225600000}
	for name, body := range map[string]string{
		"rss":  rss(`<item><guid>n1</guid><title>新茶上市</title><description>头一批</description><link>https://news.example/1</link><pubDate>Thu, 01 Jan 2026 00:00:00 GMT</pubDate></item>`),
		"atom": `<feed xmlns="http://www.w3.org/2005/Atom"><title>茶报</title><entry><id>n1</id><title>新茶上市</title><summary>头一批</summary><link href="/1"/><published>2026-01-01T00:00:00Z</published></entry></feed>`,
		"json": `{"version":"https://jsonfeed.org/version/1.1","title":"茶报","items":[{"id":"n1","title":"新茶上市","summary":"头一批","url":"https://news.example/1","date_published":"2026-01-01T08:00:00+08:00"}]}`,
		"rdf":  `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>茶报</title></channel><item rdf:about="n1"><title>新茶上市</title><description>头一批</description><link>https://news.example/1</link><dc:date>2026-01-01T00:00:00Z</dc:date></item></rdf:RDF>`,
	} {
		f, err := Read([]byte(body), at, "")
		if err != nil || f.Title != "茶报" || len(f.Items) != 1 {
			t.Errorf("%s: %+v, %v", name, f, err)
			continue
		}
		got := f.Items[0]
		if name == "rdf" {
			got.ID = "n1" // its name is that of the address
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestOldEncodingsAreRead(t *testing.T) {
	item := `<item><title>龙井怎么泡</title><link>https://news.example/1</link></item>`
	for name, c := range map[string]struct{ body, kind string }{
		"declared gb18030":                {strings.Replace(rss(item), "UTF-8", "GB18030", 1), ""},
		"declared gb2312":                 {strings.Replace(rss(item), "UTF-8", "gb2312", 1), ""},
		"said by the server":              {strings.Replace(rss(item), ` encoding="UTF-8"`, "", 1), "text/xml; charset=GBK"},
		"said by nobody":                  {strings.Replace(rss(item), ` encoding="UTF-8"`, "", 1), ""},
		"an encoding that nobody defined": {strings.Replace(rss(item), "UTF-8", "klingon", 1), ""},
	} {
		old, err := simplifiedchinese.GB18030.NewEncoder().String(c.body)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Read([]byte(old), at, c.kind)
		if name == "an encoding that nobody defined" {
			if err == nil && len(f.Items) == 1 && !utf8.ValidString(f.Items[0].Title) {
				t.Errorf("%s: %q", name, f.Items[0].Title)
			}
			continue
		}
		if err != nil || len(f.Items) != 1 || f.Items[0].Title != "龙井怎么泡" {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
	wide, err := utf16.UTF16(utf16.LittleEndian, utf16.UseBOM).NewEncoder().String(strings.Replace(rss(item), "UTF-8", "UTF-16", 1))
	if err != nil {
		t.Fatal(err)
	}
	if f, err := Read([]byte(wide), at, ""); err != nil || len(f.Items) != 1 || f.Items[0].Title != "龙井怎么泡" {
		t.Errorf("UTF-16: %+v, %v", f, err)
	}
	if f := mustRead(t, strings.Replace(rss(item), "UTF-8", "GBK", 1)); f.Items[0].Title != "龙井怎么泡" {
		t.Errorf("UTF-8 that calls itself GBK: %+v", f)
	}
}

func TestWhatIsNoFeedIsRefused(t *testing.T) {
	laughs := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;"><!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]>` +
		`<rss version="2.0"><channel><title>&lol3;</title><item><title>&lol3;</title><link>https://news.example/1</link></item></channel></rss>`
	if f, err := Read([]byte(laughs), at, ""); err != nil && community.CodeOf(err) != community.CodeBadInput || err == nil && (len(f.Title) > 100 || len(f.Items) != 1 || len(f.Items[0].Title) > 100) {
		t.Errorf("billion laughs: %+v, %v; want it refused, or nothing made of it", f, err)
	}
	deep := rss(`<item xmlns:x="x"><title>a</title><link>https://news.example/1</link>` + strings.Repeat("<x:b>", 900_000) + `</item>`)
	for name, c := range map[string]struct {
		body string
		code community.Code
	}{
		"a page":            {"<!doctype html><html><head><title>x</title></head><body><p>hello</body></html>", community.CodeBadInput},
		"nothing":           {"", community.CodeBadInput},
		"blanks":            {" \n\t", community.CodeBadInput},
		"words":             {"not found", community.CodeBadInput},
		"bytes":             {"\x00\x01\xff\xfe\x1f\x8b", community.CodeBadInput},
		"a broken end":      {`<rss version="2.0"><channel><title>x</title><item><title>`, community.CodeBadInput},
		"broken JSON":       {`{"version":"https://jsonfeed.org/version/1","items":[`, community.CodeBadInput},
		"too large":         {strings.Repeat(" ", MaxBytes+1), community.CodeTooLarge},
		"a million deep":    {deep, community.CodeBadInput},
		"another XML":       {`<?xml version="1.0"?><plist><dict/></plist>`, community.CodeBadInput},
		"a sitemap of urls": {`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://a.example/</loc></url></urlset>`, community.CodeBadInput},
	} {
		if f, err := Read([]byte(c.body), at, "text/html"); community.CodeOf(err) != c.code {
			t.Errorf("%s: %d items, %v; want %s", name, len(f.Items), err, c.code)
		}
	}
}

func TestStrangeEntriesAreHandled(t *testing.T) {
	if f := mustRead(t, rss("")); f.Title != "茶报" || len(f.Items) != 0 {
		t.Errorf("an empty feed = %+v, want one without entries", f)
	}
	item := func(id, title, link, date string) string {
		return fmt.Sprintf(`<item><guid>%s</guid><title>%s</title><link>%s</link><pubDate>%s</pubDate></item>`, id, title, link, date)
	}
	f := mustRead(t, rss(
		item("a", "<![CDATA[<b>雨前</b>茶<script>alert(1)</script> &amp; 水]]>", "https://news.example/a", "the day before yesterday")+
			item("a", "同一个编号", "https://news.example/b", "")+
			item("c", "&lt;img src=x onerror=alert(1)&gt;春茶", "https://news.example/c", "Thu, 01 Jan 2099 00:00:00 GMT")+
			item("d", "假地址", "javascript:alert(1)", "")+item("e", "带密码", "https://u:p@news.example/", "")+item("f", "", "https://news.example/f", "")+
			item("", "没有编号\u202e\u0007", "/rel", "0001-01-01")+item("h", "没地址", "", "")))
	var got []string
	for _, i := range f.Items {
		got = append(got, fmt.Sprintf("%s|%s|%s|%d", i.ID, i.Title, i.Link, i.At))
	}
	want := []string{"a|雨前茶 & 水|https://news.example/a|0", "c|春茶|https://news.example/c|4070908800000", "https://news.example/rel|没有编号|https://news.example/rel|0"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("items =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var many strings.Builder
	for i := range MaxItems + 50 {
		many.WriteString(item(fmt.Sprint("n", i), strings.Repeat("长", 400), fmt.Sprint("https://news.example/", i), ""))
	}
	f = mustRead(t, rss(many.String()))
	if len(f.Items) != MaxItems || utf8.RuneCountInString(f.Items[0].Title) != MaxTitle {
		t.Errorf("%d items, title of %d characters", len(f.Items), utf8.RuneCountInString(f.Items[0].Title))
	}
}

// FuzzRead: whatever comes, words stay words in one line and addresses stay addresses.
func FuzzRead(f *testing.F) {
	f.Add([]byte(rss(`<item><title>a</title><link>https://a.example/</link></item>`)), "text/xml")
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","url":"https://a.example","content_text":"x"}]}`), "")
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		got, err := Read(body, at, kind)
		if err != nil {
			return
		}
		for _, i := range got.Items {
			if !utf8.ValidString(i.Title+i.ID+i.Link+i.Summary) || strings.ContainsAny(i.Title+i.Summary, "\n\r\x00") || !strings.HasPrefix(i.Link, "http") || i.Title == "" {
				t.Errorf("item = %q", i.ID+" "+i.Title+" "+i.Summary+" "+i.Link)
			}
		}
	})
}
