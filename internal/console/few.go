package console

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

// few is the least that a cell may count for this person; 0 = any. Whoever sees figures and no people sees none that is so small that
// it leads to somebody.
func (k *call) few() int64 {
	if rights.Of(k.User).Role != rights.Analyst {
		return 0
	}
	return measure.Few
}

var (
	smallCell = regexp.MustCompile(`^\s*[1-9](\.[0-9]+)?\s*(人|people|person|次|条|个|members?|messages?)?\s*$`)
	shareCell = regexp.MustCompile(`^\s*[+-]?[0-9]+(\.[0-9]+)?\s*(%|％|个百分点|pp)\s*$`)
)

// fewWord stands where a cell would count fewer; noShare where a share would be of them.
const (
	fewWord = "<10"
	noShare = "–"
)

// withoutFew takes out of a finished page the cells, totals and points of charts that count fewer than measure.Few, and the shares that
// stand in the same row. It looks at the page as it leaves, so that no page forgets it; what is small but counts nobody goes, too.
func withoutFew(page []byte) []byte {
	var out, row bytes.Buffer
	z := html.NewTokenizer(bytes.NewReader(page))
	var shares []share
	small, data := false, false
	var open []string // elements in which figures stand
	flush := func() {
		line := row.Bytes()
		for i := len(shares) - 1; i >= 0 && small; i-- {
			line = slices.Concat(line[:shares[i].from], []byte(noShare), line[shares[i].to:])
		}
		out.Write(line)
		row.Reset()
		shares, small = nil, false
	}
	for z.Next() != html.ErrorToken {
		raw := slices.Clone(z.Raw())
		tok := z.Token()
		switch tok.Type {
		case html.StartTagToken:
			if tok.Data == "tr" {
				flush()
			}
			data = tok.Data == "script" && attr(tok, "type") == "application/json"
			if (len(open) > 0 || figureBox(tok)) && !void(tok.Data) {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			data = false
			if n := len(open); n > 0 && open[n-1] == tok.Data {
				open = open[:n-1]
			}
		case html.TextToken:
			switch text := string(raw); {
			case data:
				raw = chartWithoutFew(raw)
			case len(open) > 0 && smallCell.MatchString(text):
				raw, small = []byte(html.EscapeString(fewWord)), true
			case len(open) > 0 && shareCell.MatchString(text):
				shares = append(shares, share{row.Len(), row.Len() + len(raw)})
			}
		}
		row.Write(raw)
		if tok.Type == html.EndTagToken && tok.Data == "tr" {
			flush()
		}
	}
	flush()
	return out.Bytes()
}

// share is where a share stands in a row.
type share struct{ from, to int }

// figureBox reports whether figures stand in an element: a cell, or a number of the kit.
func figureBox(tok html.Token) bool {
	class := strings.Fields(attr(tok, "class"))
	return tok.Data == "td" || slices.Contains(class, "num") && tok.Data != "th" || slices.Contains(class, "stat-value")
}

func attr(tok html.Token, name string) string {
	for _, a := range tok.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func void(tag string) bool {
	return slices.Contains([]string{"input", "br", "img", "hr", "use", "path", "col", "meta", "link"}, tag)
}

// chartWithoutFew opens the points of a chart that count too few. What is no chart is left as it is.
func chartWithoutFew(raw []byte) []byte {
	var chart map[string]any
	if json.Unmarshal(raw, &chart) != nil {
		return raw
	}
	for _, name := range []string{"heat", "series"} {
		chart[name] = openFew(chart[name])
	}
	out, err := json.Marshal(chart)
	if err != nil {
		return raw
	}
	return out
}

func openFew(v any) any {
	switch x := v.(type) {
	case float64:
		if x > 0 && x < measure.Few {
			return nil
		}
	case []any:
		for i := range x {
			x[i] = openFew(x[i])
		}
	case map[string]any:
		if data, ok := x["data"]; ok {
			x["data"] = openFew(data)
		}
	}
	return v
}

// fewCells takes out of a row that leaves as a file what withoutFew takes out of a page.
func fewCells(row []string) {
	small := false
	for i := range row {
		if smallCell.MatchString(row[i]) {
			row[i], small = fewWord, true
		}
	}
	for i := range row {
		if small && shareCell.MatchString(row[i]) {
			row[i] = noShare
		}
	}
}
