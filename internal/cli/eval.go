package cli

import (
	"slices"
	"strings"
)

type evalCmd struct {
	Draw       evalDrawCmd       `cmd:"" help:"抽奖公平不公平：模拟一百万次|whether draws are fair: a million simulated ones"`
	Insight    evalInsightCmd    `cmd:"" help:"推测的数字对不对：谁回答了谁，实验会不会误报|whether figures that are guesses are right: which message answers which, what experiments claim"`
	Moderation evalModerationCmd `cmd:"" help:"变体识别与误伤|what is seen through disguises, and whom it hits wrongly"`
}

type (
	evalModerationCmd evalOrderCmd
	evalInsightCmd    evalOrderCmd
	evalDrawCmd       evalOrderCmd
)

// evalOrderCmd says what is measured.
type evalOrderCmd struct {
	Only []string `placeholder:"NAME" help:"只测哪些，默认全部（可重复）|which ones, by default all (repeatable)"`
	Data string   `placeholder:"DIR" help:"标注文本所在的文件夹，默认看环境变量 QL_TESTDATA|folder of labelled texts, by default what QL_TESTDATA names"`
	Part string   `enum:"test,train" default:"test" help:"test 为度量部分，train 为构建部分|test is the part to measure on, train the part to build with"`
	Show bool     `help:"列出漏掉和误伤的文本|list the texts that were missed or wrongly hit"`
}

func (evalModerationCmd) Tolerates() {}
func (evalModerationCmd) Shape() any { return []Judged{} }
func (evalModerationCmd) Examples() []example {
	return []example{
		{"eval moderation --data DIR --json", [2]string{"全部测一遍", "measure everything"}},
		{"eval moderation --only disguises --data DIR", [2]string{"各种变体能认出多少", "how much is seen through disguises"}},
	}
}

// Run measures; it fails when a target was missed. What could not be measured is said, and is not a pass.
func (q *evalModerationCmd) Run(c *call) error {
	return (*evalOrderCmd)(q).run(c, c.program.Houses.Evals)
}

func (evalInsightCmd) Tolerates() {}
func (evalInsightCmd) Shape() any { return []Judged{} }
func (evalInsightCmd) Examples() []example {
	return []example{
		{"eval insight --data DIR --json", [2]string{"全部测一遍", "measure everything"}},
		{"eval insight --only experiments", [2]string{"模拟一万次两边相同的实验：会不会误报，不用标注文本", "ten thousand simulated experiments whose arms are the same: how often a difference is claimed; needs no texts"}},
	}
}

// Run measures; it fails when a target was missed.
func (q *evalInsightCmd) Run(c *call) error {
	return (*evalOrderCmd)(q).run(c, c.program.Houses.Insights)
}

func (evalDrawCmd) Tolerates() {}
func (evalDrawCmd) Shape() any { return []Judged{} }
func (evalDrawCmd) Examples() []example {
	return []example{{"eval draw --json", [2]string{"不用标注文本", "needs no texts"}}}
}

// Run measures; it fails when a target was missed.
func (q *evalDrawCmd) Run(c *call) error {
	return (*evalOrderCmd)(q).run(c, c.program.Houses.Draws)
}

func (q *evalOrderCmd) run(c *call, known []string) error {
	names := q.Only
	if len(names) == 0 {
		names = known
	}
	order := EvalOrder{Data: q.folder(c), Part: q.Part, Told: func(line string) { c.say("%s", "%s", line) }}
	if q.Show {
		order.Show = func(texts ...string) { c.say("%s", "%s", strings.Join(texts, " | ")) }
	}
	var all []Judged
	for _, name := range names {
		if !slices.Contains(known, name) {
			return badUsage("没有 %s 这项，有：%s", "there is no measurement %s; there are: %s", name, strings.Join(known, ", "))
		}
		if order.Data == "" && !slices.Contains(c.program.Houses.Simulated, name) {
			return badUsage("请用 --data 或 QL_TESTDATA 指明标注文本所在的文件夹", "say with --data or QL_TESTDATA where the labelled texts are")
		}
		rows, err := c.program.Houses.Eval(c.ctx, name, order)
		if err != nil {
			return err
		}
		all = append(all, rows...)
	}
	if err := c.printEval(all); err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(j Judged) bool { return !j.Met }); i >= 0 {
		return failed(nil, "%s 没有达到目标", "%s missed its target", all[i].Name)
	}
	return nil
}

// folder is where the data is, as the flag or the environment says.
func (q *evalOrderCmd) folder(c *call) string {
	if q.Data != "" {
		return c.path(q.Data)
	}
	for _, e := range c.program.Env {
		if dir, ok := strings.CutPrefix(e, "QL_TESTDATA="); ok && dir != "" {
			return c.path(dir)
		}
	}
	return ""
}

func (c *call) printEval(all []Judged) error {
	if c.json {
		return c.printJSON(all)
	}
	return printList(c, all, len(all))
}
