package cli

import (
	"io"

	"qunluo/internal/community"
	"qunluo/internal/i18n"
)

type chartCmd struct {
	fresh `kong:"-"`
	Name  string `arg:"" enum:"activity-messages,activity-people,activity-heat,activity-hours,activity-weekdays,activity-classes,question-open,retention-stay,retention-part" help:"哪张图：activity-messages、activity-people、activity-heat、activity-hours、activity-weekdays、activity-classes、question-open、retention-stay、retention-part|which chart"`
	daysAsked
	Out string `placeholder:"FILE" help:"存成哪个文件，默认 图名.png|which file, by default NAME.png"`
}

// ChartReport is a chart as a picture that was written.
type ChartReport struct {
	Chart string `json:"chart" col:"图|chart"`
	File  string `json:"file" col:"文件|file"`
	Bytes int    `json:"bytes" col:"字节|bytes"`
	From  string `json:"from" col:"从|from"`
	To    string `json:"to" col:"到|to"`
}

func (chartCmd) Shape() any { return ChartReport{} }
func (chartCmd) Examples() []example {
	return []example{{"insight chart activity-people '#books' --from 2026-01-01 --to 2026-01-31 --out people.png", [2]string{"一张带标题、定义、n 和群名的 PNG", "a PNG with title, definition, n and the group"}}}
}

// Do draws a chart and writes it to a file that is not there yet.
func (q *chartCmd) Do(c *call, h *House) error {
	in, key, from, to, err := q.of(c, h, 30)
	if err != nil {
		return err
	}
	g := community.GroupRow{}
	if key != 0 {
		if _, g, _, err = c.place(h, q.Group, ""); err != nil {
			return err
		}
	}
	raw, err := in.Picture(c.ctx, [2]string{i18n.Chinese, i18n.English}[c.lang], q.Name, g, q.Tag, from, to)
	if err != nil {
		return err
	}
	out := ChartReport{Chart: q.Name, File: q.Out, Bytes: len(raw), From: from.String(), To: to.String()}
	if out.File == "" {
		out.File = q.Name + ".png"
	}
	if _, err := toFile(c.path(out.File), func(w io.Writer) (int64, error) {
		n, err := w.Write(raw)
		return int64(n), err
	}); err != nil {
		return err
	}
	return printOne(c, out)
}
