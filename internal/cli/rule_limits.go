package cli

import "qunluo/internal/policy"

type ruleLimitsCmd struct{}

// limitLine is a bound as the verb prints it.
type limitLine struct {
	Name string `json:"name" col:"编号|name"`
	Most int64  `json:"most" col:"最多|at most"`
	What string `json:"what" col:"说明|what"`
	Over string `json:"over" col:"超过时|beyond it"`
}

func (ruleLimitsCmd) Tolerates() {}
func (ruleLimitsCmd) Shape() any { return rowsOf[limitLine]() }
func (ruleLimitsCmd) Examples() []example {
	return []example{{"rule limits --json", [2]string{"规则能算多少", "how much rules may compute"}}}
}

// Run prints what a book may hold and its rules may compute.
func (ruleLimitsCmd) Run(c *call) error {
	var lines []limitLine
	for _, l := range policy.Limits() {
		lines = append(lines, limitLine{l.Name, l.Most, c.lang.pick(l.Title), c.lang.pick(l.Over)})
	}
	return printList(c, lines, len(lines))
}
