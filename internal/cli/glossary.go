package cli

import (
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
)

type glossaryCmd struct {
	Area string `enum:",activity,question,retention,board,bond,journey,tier,growth,experiment,claim,life,format,lead" default:"" help:"只看一类：activity、question、retention、board、bond、journey、tier、growth、experiment、claim、life、format、lead|only one part: activity, question, retention, board, bond, journey, tier, growth, experiment, claim, life, format, lead"`
}

// GlossaryLine is the definition of a figure.
type GlossaryLine struct {
	Area       string `json:"area" col:"类|part"`
	Name       string `json:"name"`
	Shown      string `json:"shown" col:"指标|metric"`
	Means      string `json:"definition" col:"定义|definition"`
	Formula    string `json:"formula" col:"公式|formula"`
	Population string `json:"population" col:"人群|population"`
}

func (glossaryCmd) Tolerates() {}
func (glossaryCmd) Shape() any { return []GlossaryLine{} }
func (glossaryCmd) Examples() []example {
	return []example{{"insight glossary --json", [2]string{"每个数字的定义", "the definition of every figure"}}}
}

// Run lists every figure with its definition, in the words that pages use.
func (q *glossaryCmd) Run(c *call) error {
	catalogue, err := i18n.New()
	if err != nil {
		return err
	}
	words := catalogue.In([2]string{i18n.Chinese, i18n.English}[c.lang])
	var out []GlossaryLine
	for _, m := range measure.Metrics() {
		if q.Area != "" && q.Area != m.Area {
			continue
		}
		args, key := []any{"to", "d", "k", "k", "week", "w"}, m.Area+"."+m.Name
		out = append(out, GlossaryLine{m.Area, m.Name, words.T(key, args...), words.T(key+"_means", args...), m.Formula, m.Population})
	}
	if c.json {
		return c.printJSON(out)
	}
	return printList(c, out, len(out))
}
