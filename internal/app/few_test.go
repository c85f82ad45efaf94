package app_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

var smallFigure = regexp.MustCompile(`^[1-9]( ?(人|people))?$`)

// smallFigures finds cells, totals and points of charts that count fewer than measure.Few.
func smallFigures(t *testing.T, page string) (found []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	check(t, err)
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		class, kind := "", ""
		for _, a := range n.Attr {
			switch a.Key {
			case "class":
				class = a.Val
			case "type":
				kind = a.Val
			}
		}
		names := strings.Fields(class)
		switch {
		case n.Data == "td" || slices.Contains(names, "num") && n.Data != "th" || slices.Contains(names, "stat-value"):
			if text := strings.TrimSpace(inner(n)); smallFigure.MatchString(text) {
				found = append(found, text)
			}
		case n.Data == "script" && kind == "application/json" && n.FirstChild != nil:
			var chart struct {
				Series []struct{ Data []*float64 }
				Heat   [][]*float64
			}
			if json.Unmarshal([]byte(n.FirstChild.Data), &chart) != nil {
				continue
			}
			rows := chart.Heat
			for _, s := range chart.Series {
				rows = append(rows, s.Data)
			}
			for _, row := range rows {
				for _, v := range row {
					if v != nil && *v > 0 && *v < measure.Few {
						found = append(found, fmt.Sprint("chart ", *v))
					}
				}
			}
		}
	}
	return found
}

// TestAnalystSeesNoCellOfFewerThanTen walks every page and file that an analyst may see, of a house where everything is small, and looks
// at the same as the owner: there the cells are.
func TestAnalystSeesNoCellOfFewerThanTen(t *testing.T) {
	e := openEstate(t, "")
	analyst, owner := e.visit(fmt.Sprintf("analyst%d", e.org)), e.visit(fmt.Sprintf("owner%d", e.org))
	pages, small := 0, 0
	for _, need := range e.app.Needs() {
		if !strings.HasPrefix(need.Pattern, "GET ") || strings.HasSuffix(need.Pattern, "/live") || need.Pattern == "GET /dev/ui" || strings.Contains(need.Pattern, "{token}") || slices.ContainsFunc(need.Powers, func(p rights.Power) bool { return !rights.May(rights.Analyst, p) }) {
			continue
		}
		path := e.plain.path(need.Pattern, map[string]bool{})
		for _, at := range []string{path, path + "?g=" + e.plain.of["groups"], path + "?g1=" + e.plain.of["groups"] + "&g2=" + e.secret.of["groups"]} {
			status, body := analyst.get(at)
			if status != http.StatusOK {
				continue
			}
			pages++
			if strings.HasSuffix(path, ".csv") {
				rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
				check(t, err)
				for _, row := range rows {
					for _, cell := range row {
						if smallFigure.MatchString(cell) {
							t.Errorf("%s: a cell of %s: %q", at, cell, row)
						}
					}
				}
				continue
			}
			if strings.HasSuffix(path, ".xlsx") {
				continue
			}
			if got := smallFigures(t, body); len(got) > 0 {
				t.Errorf("%s: %q", at, got)
			}
			if _, whole := owner.get(at); len(smallFigures(t, whole)) > 0 {
				small++
			}
		}
	}
	if pages < 40 || small < 10 {
		t.Errorf("%d pages, %d of which have small cells for the owner: the walk looks at too little", pages, small)
	}
	t.Logf("%d pages and files; the owner sees small cells on %d", pages, small)
}
