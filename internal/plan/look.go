package plan

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Kinds of findings about what a channel takes of a manuscript, besides those of mass sends.
const (
	CoverLimit   LinkKind = "cover"   // an article has no cover, or one that the platform does not take
	PictureLimit LinkKind = "picture" // a picture that the platform does not take
	DeadLink     LinkKind = "dead"    // a link that cannot be tapped there
	NoWay        LinkKind = "no_way"  // nothing leads there now
	Wording      LinkKind = "wording" // what 三有三不 says of a sentence
)

// Note is a finding with the sentence that it is about; "" = it is about the whole.
type Note struct {
	Finding
	Sentence string
}

// Part is one thing that people get to see in a channel, in its order.
type Part struct {
	Kind string // title, author, digest, text, link, image, source
	Text string
	File community.ID // of an image
	Name string
}

// Look is what a manuscript becomes in one channel; in the groups of a platform there is one for each way into them.
type Look struct {
	Channel Channel
	Groups  int // how many get it so
	Verb    community.Verb
	Level   community.Level
	Post    Post   // of groups: what the mass send says
	Parts   []Part // as people see it
	Cut     int    // characters of the text that do not go
	Left    []string
	Notes   []Note
}

// Refused reports whether the channel cannot be gone into as the manuscript is.
func (l Look) Refused() bool {
	return slices.ContainsFunc(l.Notes, func(n Note) bool { return n.Refuse })
}

// sentenceWith is the first sentence of a text that holds some words.
func sentenceWith(text, words string) string {
	for _, s := range sentences(text) {
		if words != "" && strings.Contains(text[s.start:s.end], words) {
			return text[s.start:s.end]
		}
	}
	return ""
}

// notes gives findings their sentences.
func notes(text string, list []Finding) []Note {
	var out []Note
	for _, f := range list {
		out = append(out, Note{f, sentenceWith(text, f.Link)})
	}
	return out
}

// Wordings are the remarks about a manuscript's words as notes; none of them refuses.
func (w Writing) Wordings() []Note {
	var out []Note
	for _, r := range w.Remarks() {
		out = append(out, Note{Finding{Rule: r.Rule, Kind: Wording, Link: "–", Found: r.Found, Verified: true, Source: "三有三不"}, r.Sentence})
	}
	return out
}

// GroupLooks says what a manuscript becomes in the groups of one platform, by the ways into them; the mass send is the same for all of them.
// page is its own page, that a text which is too long leads to (zero = there is none); links are the findings about links; public is this
// server's address.
func (w Writing) GroupLooks(rows []Reach, page Attached, links []Finding, public string, at int64) (Post, []Look) {
	post, left := w.postFor(rows, public)
	post, cut := shorten(post, page, func(p Post) bool { return tooLong(p, rows, public, at) })
	var out []Look
	for _, r := range rows {
		i := slices.IndexFunc(out, func(l Look) bool { return l.Verb == r.Verb && l.Level == r.Level })
		if i >= 0 {
			out[i].Groups++
			continue
		}
		said, _ := Fit(post, r.Takes, public)
		l := Look{Channel: GroupsChannel(r.Group.Platform), Groups: 1, Verb: r.Verb, Level: r.Level, Post: post, Parts: groupParts(said, r.Group.Platform), Cut: cut}
		for _, p := range left {
			l.Left = append(l.Left, p.Called())
		}
		l.Notes = append(notes(post.Text+"\n"+w.Plain(), links), notes(post.Text, fits(post, []Reach{r}, public, at))...)
		for _, p := range left {
			l.Notes = append(l.Notes, leftOut(p, r.Group.Platform))
		}
		if cut > 0 && page.URL == "" {
			l.Notes = append(l.Notes, Note{Finding: Finding{Rule: "cut", Kind: TextLimit, Link: string(r.Group.Platform), Found: fmt.Sprintf("− %d", cut), Refuse: true, Verified: true, Source: "–",
				Reason:  [2]string{"正文放不下，后面的看不到，也没有地方看全文", "the text does not fit: its end is seen by nobody, and there is nowhere to read the whole"},
				Instead: [2]string{"同时发到网页（全文链接会跟在后面），或写一段群里用的短文", "put it on a page as well (its link then follows), or write a short text for groups"}}})
		}
		out = append(out, l)
	}
	return post, out
}

// leftOut says that a picture does not go to the groups of a platform.
func leftOut(p Piece, platform community.Platform) Note {
	return Note{Finding: Finding{Rule: "abilities", Kind: PieceFit, Link: p.Called(), Found: string(platform), Verified: true, Source: "能力矩阵",
		Reason:  [2]string{"这个平台有的群发不了这张图，也没有外部地址让它以链接发出：这里只发文字", "some groups there cannot be sent this picture, and there is no public address for a link in its place: only the words go"},
		Instead: [2]string{"设好外部地址（server.public_url），或人工补发", "set a public address (server.public_url), or put it in by hand"}}}
}

// postFor is the manuscript as a mass send to some groups, before it is cut: what some of them cannot be sent and no link can stand for is left.
func (w Writing) postFor(rows []Reach, public string) (Post, []Piece) {
	text := strings.TrimSpace(w.Brief)
	if text == "" {
		text = strings.TrimSpace(w.Title) + "\n" + w.Plain()
	}
	post := Post{Text: w.labelled(text), Link: w.Link, ByLink: public != ""}
	var left []Piece
	for _, p := range w.Pictures {
		one := Post{Text: "–", Pieces: append(slices.Clone(post.Pieces), p), ByLink: post.ByLink}
		if slices.ContainsFunc(rows, func(r Reach) bool { return lost(one, r.Takes, public) }) {
			left = append(left, p)
			continue
		}
		post.Pieces = append(post.Pieces, p)
	}
	return post, left
}

// lost reports whether something of a post goes neither as it is nor as a link.
func lost(p Post, c Carries, public string) bool {
	_, gone := Fit(p, c, public)
	return slices.ContainsFunc(gone, func(m Misfit) bool { return !m.Linked })
}

// tooLong reports whether some group could not be sent a post for its length.
func tooLong(p Post, rows []Reach, public string, at int64) bool {
	if utf8.RuneCountInString(p.Text) > MaxText {
		return true
	}
	return slices.ContainsFunc(fits(p, rows, public, at), func(f Finding) bool { return f.Kind == TextLimit && f.Refuse })
}

// shorten cuts the text of a post until it is not too long, at the end of a sentence where one is near, and leads on to the page. It gives how
// many characters do not go.
func shorten(p Post, page Attached, long func(Post) bool) (Post, int) {
	if !long(p) {
		return p, 0
	}
	whole := []rune(p.Text)
	at := func(n int) Post {
		out := p
		out.Text = strings.TrimSpace(string(whole[:n])) + "…"
		if page.URL != "" {
			if out.Link.URL != "" {
				out.Text += "\n" + out.Link.Title + " " + out.Link.URL
			}
			out.Link = page
		}
		return out
	}
	n := sort.Search(len(whole), func(n int) bool { return long(at(n)) }) // the first that is too long
	n = max(n-1, 0)
	if end := lastEnd(whole[:n]); end > n*2/3 {
		n = end
	}
	return at(n), len(whole) - n
}

// lastEnd is after the last end of a sentence or line; 0 = there is none.
func lastEnd(text []rune) int {
	for i := len(text) - 1; i >= 0; i-- {
		if strings.ContainsRune("。！？!?；;\n", text[i]) {
			return i + 1
		}
	}
	return 0
}

// ircLine is how many bytes of a text one line of IRC is taken to hold (RFC 1459 §2.3, less the command and its prefix).
const ircLine = 400

// groupParts is what people in a group see, one after the other.
func groupParts(p Post, platform community.Platform) []Part {
	var out []Part
	texts := []string{p.Text}
	if platform == "irc" {
		texts = ircLines(p.Text)
	}
	for _, t := range texts {
		out = append(out, Part{Kind: "text", Text: t})
	}
	if p.Link.URL != "" {
		out = append(out, Part{Kind: "link", Text: p.Link.Title + " " + p.Link.URL})
	}
	for _, piece := range p.Pieces {
		out = append(out, Part{Kind: piece.Kind, Name: piece.Called(), File: piece.File})
	}
	return out
}

// ircLines cuts a text into what goes out as single lines.
func ircLines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		for len(line) > ircLine {
			n := ircLine
			for !utf8.RuneStart(line[n]) {
				n--
			}
			out, line = append(out, line[:n]), line[n:]
		}
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// Limits of an article in the draft box (公众号 documents draft/add, media/uploadimg, material/add_material; unverified beyond them).
const (
	articleTitle   = 32                                                                                                                                                     // characters
	articleAuthor  = 16                                                                                                                                                     // characters
	articleHTML    = 20_000                                                                                                                                                 // characters, exclusive
	articleSource  = 1024                                                                                                                                                   // bytes
	articlePicture = 1 << 20                                                                                                                                                // bytes, exclusive
	articleCover   = 10 << 20                                                                                                                                               // bytes
	articleAddress = "http://mmbiz.qpic.cn/sz_mmbiz_png/0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000/0?from=appmsg" // as long as those that the platform gives
)

// BoxLook says what a manuscript becomes in the draft box of an official account. page is its own page's address ("" = none); links are the
// findings about links for the platform.
func (w Writing) BoxLook(c Channel, page string, links []Finding) Look {
	stand := make([]string, len(w.Pictures))
	for i := range stand {
		stand[i] = articleAddress
	}
	a := w.ArticleOf(stand, page)
	l := Look{Channel: c, Parts: []Part{{Kind: "title", Text: a.Title}}}
	if a.Author != "" {
		l.Parts = append(l.Parts, Part{Kind: "author", Text: a.Author})
	}
	if a.Digest != "" {
		l.Parts = append(l.Parts, Part{Kind: "digest", Text: a.Digest})
	}
	l.Parts = append(l.Parts, w.bodyParts()...)
	if a.Source != "" {
		l.Parts = append(l.Parts, Part{Kind: "source", Text: a.Source})
	}
	l.Notes = append(notes(w.Plain(), links), w.boxNotes(a)...)
	return l
}

func (w Writing) bodyParts() []Part {
	var out []Part
	for _, b := range w.Blocks() {
		if b.Picture < 0 {
			out = append(out, Part{Kind: "text", Text: b.Text})
			continue
		}
		p := w.Pictures[b.Picture]
		out = append(out, Part{Kind: "image", Name: p.Called(), File: p.File})
	}
	return out
}

// boxNotes judges an article by what the draft box takes.
func (w Writing) boxNotes(a community.Article) []Note {
	const add, img, material = "公众号文档“新增草稿”", "公众号文档“上传图文消息图片”", "公众号文档“上传永久素材”"
	var out []Note
	no := func(rule string, kind LinkKind, link, found, source string, reason, instead [2]string) {
		out = append(out, Note{Finding: Finding{Rule: rule, Kind: kind, Link: link, Found: found, Refuse: true, Source: source, Reason: reason, Instead: instead}})
	}
	if n := utf8.RuneCountInString(a.Title); n > articleTitle {
		no("mp-title", TextLimit, "mp", fmt.Sprintf("%d > %d", n, articleTitle), add, [2]string{"公众号文章的标题最多 32 个字，再长会被拒收", "the title of an article holds at most 32 characters; a longer one is refused"},
			[2]string{"缩短标题", "shorten the title"})
	}
	if n := utf8.RuneCountInString(a.Author); n > articleAuthor {
		no("mp-author", TextLimit, "mp", fmt.Sprintf("%d > %d", n, articleAuthor), add, [2]string{"公众号文章的作者最多 16 个字，再长会被拒收", "the author of an article has at most 16 characters; a longer one is refused"},
			[2]string{"缩短作者", "shorten the author"})
	}
	if n := utf8.RuneCountInString(a.HTML); n >= articleHTML {
		no("mp-content", TextLimit, "mp", fmt.Sprintf("%d ≥ %d", n, articleHTML), add, [2]string{"公众号文章的正文（连同排版）要少于 2 万字符", "an article with its markup holds fewer than 20,000 characters"}, shorter)
	}
	if len(a.Source) > articleSource {
		no("mp-source", TextLimit, "mp", fmt.Sprintf("%d > %d B", len(a.Source), articleSource), add, [2]string{"“阅读原文”的地址最多 1 KB", "the address of 阅读原文 holds at most 1 KB"}, [2]string{"换一个短的地址", "use a shorter address"})
	}
	for _, p := range w.Pictures {
		switch {
		case p.Type != "image/jpeg" && p.Type != "image/png":
			no("mp-picture-type", PictureLimit, p.Called(), p.Type, img, [2]string{"公众号正文的图片只收 JPG 和 PNG", "pictures of an article are JPG or PNG"}, [2]string{"换成 JPG 或 PNG", "use JPG or PNG"})
		case p.Bytes >= articlePicture:
			no("mp-picture-size", PictureLimit, p.Called(), fmt.Sprintf("%d ≥ %d B", p.Bytes, articlePicture), img, [2]string{"公众号正文的一张图片要小于 1 MB", "a picture of an article is smaller than 1 MB"}, [2]string{"压缩这张图片", "make the picture smaller"})
		}
	}
	cover, has := w.CoverOf()
	switch {
	case !has:
		no("mp-cover", CoverLimit, "mp", "–", add, [2]string{"公众号文章必须有封面", "an article needs a cover"}, [2]string{"传一张封面，或至少一张图片", "give a cover, or at least one picture"})
	case !slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/bmp"}, cover.Type) || cover.Bytes > articleCover:
		no("mp-cover-type", CoverLimit, cover.Called(), fmt.Sprintf("%s · %d B", cover.Type, cover.Bytes), material, [2]string{"封面要是 JPG、PNG、GIF 或 BMP，最大 10 MB", "a cover is a JPG, PNG, GIF or BMP of at most 10 MB"}, [2]string{"换一张封面", "use another cover"})
	case w.Cover.File.IsZero():
		out = append(out, Note{Finding: Finding{Rule: "mp-cover-first", Kind: Notice, Link: cover.Called(), Found: "–", Verified: true, Source: "–",
			Reason: [2]string{"没有封面：用第一张图片做封面", "there is no cover: the first picture stands for it"}, Instead: [2]string{"要别的封面就传一张", "give a cover if it should be another"}}})
	}
	return append(out, w.deadLinks()...)
}

// tappable are the hosts whose links work inside an article.
func tappable() []string { return []string{"mp.weixin.qq.com"} }

// deadLinks says which links of the text cannot be tapped in an article.
func (w Writing) deadLinks() []Note {
	text := w.Plain()
	var out []Note
	for _, link := range LinksOf(text) {
		if lexicon.HostIn(lexicon.HostOf(Address(link)), tappable()) {
			continue
		}
		out = append(out, Note{Finding{Rule: "mp-link", Kind: DeadLink, Link: link, Found: lexicon.HostOf(Address(link)), Source: "经验",
			Reason:  [2]string{"公众号正文只有 mp.weixin.qq.com 的文章链接能点，这个网址会变成点不开的文字", "inside an article only links to articles at mp.weixin.qq.com can be tapped: this address becomes words"},
			Instead: [2]string{"最重要的一个放到“链接”里，它会成为“阅读原文”；或放二维码图片", "put the most important one into the link, which becomes 阅读原文; or a picture of a QR code"}}, sentenceWith(text, link)})
	}
	return out
}

// PageLook says what a manuscript becomes on a page of our own. public is this server's address; "" = nobody else reaches it.
func (w Writing) PageLook(links []Finding, public string) Look {
	l := Look{Channel: ChannelPage, Parts: []Part{{Kind: "title", Text: w.Title}}}
	if w.Author != "" {
		l.Parts = append(l.Parts, Part{Kind: "author", Text: w.Author})
	}
	l.Parts = append(l.Parts, w.bodyParts()...)
	if w.Link.URL != "" {
		l.Parts = append(l.Parts, Part{Kind: "link", Text: w.Link.Title + " " + w.Link.URL})
	}
	l.Notes = notes(w.Plain(), links)
	if public == "" {
		l.Notes = append(l.Notes, Note{Finding: Finding{Rule: "public", Kind: NoWay, Link: "–", Found: "server.public_url", Refuse: true, Verified: true, Source: "–",
			Reason: [2]string{"还没有外部地址，别人打不开网页", "there is no public address: nobody could open the page"}, Instead: [2]string{"在设置文件里写 server.public_url", "set server.public_url in the settings file"}}})
	}
	return l
}
