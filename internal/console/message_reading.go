package console

import (
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/console/view/ui"
)

// readingFacts say what was read in a message's pictures, and why one could not be read; with the readings themselves, so
// that what was decided about them can be shown with the message.
func (k *call) readingFacts(message int64) ([]ui.Option, map[int64]bool, error) {
	list, err := k.Desk.Readings(k.ctx(), message)
	if err != nil {
		return nil, nil, err
	}
	var out []ui.Option
	numbers := map[int64]bool{}
	for _, ev := range list {
		numbers[ev.Number] = true
		var r community.Reading
		if json.Unmarshal(ev.Body.Data, &r) != nil {
			continue // its body was erased
		}
		for _, p := range r.Parts {
			out = append(out, k.readingFact(ev.Body.Text, r.By, p))
		}
	}
	return out, numbers, nil
}

func (k *call) readingFact(text, by string, p community.ReadPart) ui.Option {
	if p.Kind == "" || p.Span.Start < 0 || p.Span.End > len(text) || p.Span.Start > p.Span.End {
		why := "reading.why." + string(p.Code)
		if !k.Words.Has(why) {
			why = "reading.why.internal"
		}
		return ui.Option{Value: k.T("reading.picture", "i", p.Part+1), Text: k.T("reading.not_read", "why", k.T(why))}
	}
	label := k.T("reading.qr", "i", p.Part+1)
	if p.Kind == community.ReadText {
		label = k.T("reading.text", "i", p.Part+1, "by", by)
	}
	return ui.Option{Value: label, Text: short(ui.Visible(text[p.Span.Start:p.Span.End]), 300)}
}
