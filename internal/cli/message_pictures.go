package cli

import (
	"encoding/json"

	"qunluo/internal/community"
)

type messagePicturesCmd struct {
	Group  string `arg:"" help:"群|group"`
	Number int64  `arg:"" help:"消息的序号|number of the message"`
}

// readLine is one thing read in a message's pictures, or why a picture could not be read.
type readLine struct {
	Picture int    `json:"picture" col:"图|picture"`
	Kind    string `json:"kind" col:"种类|kind"`
	Text    string `json:"text" col:"内容|what it says"`
	Why     string `json:"why" col:"没读的原因|why not read"`
	By      string `json:"by" col:"谁读的|read by"`
	Event   int64  `json:"event"`
}

func (messagePicturesCmd) Shape() any { return rowsOf[readLine]() }
func (messagePicturesCmd) Examples() []example {
	return []example{{"message pictures 产品交流群 1204 --json", [2]string{"图里的二维码和文字", "codes and words in its pictures"}}}
}

// Do prints what was read in the pictures of a message.
func (q *messagePicturesCmd) Do(c *call, h *House) error {
	desk, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	list, err := desk.Readings(c.ctx, q.Number)
	if err != nil {
		return err
	}
	var lines []readLine
	for _, ev := range list {
		var r community.Reading
		if ev.Group != g.Key || json.Unmarshal(ev.Body.Data, &r) != nil {
			continue
		}
		for _, p := range r.Parts {
			line := readLine{Picture: p.Part + 1, Kind: p.Kind, Why: string(p.Code), By: r.By, Event: ev.Number}
			if s := p.Span; 0 <= s.Start && s.Start <= s.End && s.End <= len(ev.Body.Text) {
				line.Text = ev.Body.Text[s.Start:s.End]
			}
			lines = append(lines, line)
		}
	}
	return printList(c, lines, len(lines))
}
