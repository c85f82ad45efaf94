package cli

import "qunluo/internal/community"

type ruleLearnCmd struct {
	Group string `arg:"" help:"群|group"`
	Days  int    `default:"30" placeholder:"N" help:"用最近几天的发言，也推演这几天|use the talk of the last days, and replay them"`
	Note  string `placeholder:"TEXT" help:"备注|note"`
	Book  bool   `help:"打印草稿里的群规，可交给 rule publish|print the rulebook of the draft, for rule publish"`
}

// taughtLine is what a model was taught with and what it would change.
type taughtLine struct {
	Talk     int    `col:"日常发言|ordinary talk"`
	Ham      int    `col:"误判纠正|hit wrongly"`
	Spam     int    `col:"确认违规|hit rightly"`
	LeftOut  int    `col:"未用（像广告）|left out"`
	Messages int64  `col:"推演消息|replayed"`
	Before   int64  `col:"原命中|hits before"`
	After    int64  `col:"新命中|hits after"`
	New      int64  `col:"新增|new"`
	Gone     int64  `col:"不再|gone"`
	Model    string `col:"模型|model"`
}

func (ruleLearnCmd) Shape() any { return community.Taught{} }
func (ruleLearnCmd) Examples() []example {
	return []example{{"rule learn 产品交流群 --json", [2]string{"训练完看看新旧命中，在控制台发布草稿", "look at the hits before and after, then publish the draft in the console"}},
		{"rule learn 产品交流群 --book > book.json", [2]string{"或者取出草稿，看过再 rule publish", "or take the draft out, look at it, then rule publish"}}}
}

// Do teaches a model and keeps it in the group's draft; a person publishes.
func (q *ruleLearnCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return badUsage("请指明群", "say which group")
	}
	_, hands, err := c.both(h)
	if err != nil {
		return err
	}
	note := q.Note
	if note == "" {
		note = c.lang.pick([2]string{"训练了新的模型", "a new model was taught"})
	}
	t, err := hands.Learn(c.ctx, user, g.Key, q.Days, note)
	if err != nil {
		return err
	}
	if q.Book {
		return c.printJSON(t.Book)
	}
	if c.json {
		return c.printJSON(t)
	}
	return printOne(c, taughtLine{t.Talk, t.Ham, t.Spam, t.LeftOut, t.Messages, t.Before, t.After, t.New, t.Gone, t.Model[:12]})
}
