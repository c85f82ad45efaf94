package cli

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/replay"
)

// Suggests is what the command line asks and says of suggested changes.
type Suggests interface {
	Find(ctx context.Context, g community.GroupKey, state string, p community.Page) ([]replay.Suggestion, int, error)
	ByID(ctx context.Context, id community.ID) (replay.Suggestion, error)
	// Weigh tries single changes of a group's book on its last days.
	Weigh(ctx context.Context, g community.GroupKey, days int, wait func(done, of int64)) (replay.Weighing, error)
	// Apply publishes a suggestion and gives the version; CodeConflict: it fits no longer.
	Apply(ctx context.Context, user string, id community.ID, reason, despite string) (int, error)
	Dismiss(ctx context.Context, user string, id community.ID, reason string) error
}

type suggestCmd struct {
	List    suggestListCmd    `cmd:"" help:"列出建议|list suggestions"`
	Show    suggestShowCmd    `cmd:"" help:"一条建议：差别、数字、涉及的消息|one suggestion: difference, figures, messages concerned"`
	Run     suggestRunCmd     `cmd:"" help:"现在为一个群计算|weigh a group's rulebook now"`
	Apply   suggestApplyCmd   `cmd:"" help:"采纳：发布为新版本|apply: publish it as a new version"`
	Dismiss suggestDismissCmd `cmd:"" help:"拒绝：同样的改动不再提出|dismiss: the same change is not proposed again"`
}

// suggestLine is a suggestion as verbs list it.
type suggestLine struct {
	ID     string `json:"id" col:"编号|id"`
	State  string `json:"state" col:"状态|state"` // open, applied, dismissed, withdrawn
	Group  string `json:"group" col:"群|group"`
	Rule   string `json:"rule" col:"规则|rule"`
	What   string `json:"what" col:"改什么|change"` // word_out, views_off, views_on, number_up, number_down, caution, mode_live, mode_dry
	Field  string `json:"field" col:"字段|field"`
	Before string `json:"before" col:"原来|before"`
	After  string `json:"after" col:"改为|after"`
	Mended int    `json:"fewer_false" col:"少误判|fewer false"`
	Caught int    `json:"more_caught" col:"多抓到|more caught"`
	Judged int    `json:"judged" col:"人判断过|judged"`
	Chance int    `json:"chance_permille" col:"碰巧‰|chance ‰"`
	Seen   Moment `json:"seen_at" col:"最近计算|weighed"`
}

func lineOfSuggestion(s replay.Suggestion) suggestLine {
	w := s.Would
	return suggestLine{s.ID.String(), s.State, s.GroupName, s.Rule, s.What, s.Field, s.Before, s.After, len(w.Mended), len(w.Caught), w.Judged(), w.Chance(), Moment(s.Seen)}
}

type suggestListCmd struct {
	Group string `placeholder:"GROUP" help:"在这个群|in this group"`
	State string `enum:",open,applied,dismissed,withdrawn" default:"open" help:"open 待决定、applied 已采纳、dismissed 已拒绝、withdrawn 不再更好；空字符串为全部|open, applied, dismissed, withdrawn; an empty text is all"`
	paging
}

func (suggestListCmd) Shape() any { return rowsOf[suggestLine]() }
func (suggestListCmd) Examples() []example {
	return []example{{"suggest list --json", [2]string{"回放认为更好、等人决定的改动", "changes that replay finds better and that wait for a person"}}}
}

// Do lists suggestions, those weighed last first.
func (q *suggestListCmd) Do(c *call, h *House) error {
	s, g, err := c.suggestsIn(h, q.Group)
	if err != nil {
		return err
	}
	list, total, err := s.Find(c.ctx, g.Key, q.State, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfSuggestion), total)
}

// suggestsIn opens the suggestions, and finds the group that a question is about; it may be left out.
func (c *call) suggestsIn(h *House, group string) (Suggests, community.GroupRow, error) {
	s, err := inOrg(c, h, h.Suggests)
	if err != nil || group == "" {
		return s, community.GroupRow{}, err
	}
	_, g, _, err := c.place(h, group, "")
	return s, g, err
}

type suggestShowCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (suggestShowCmd) Shape() any          { return replay.Suggestion{} }
func (suggestShowCmd) Examples() []example { return nil }

// Do prints a suggestion whole.
func (q *suggestShowCmd) Do(c *call, h *House) error {
	s, one, err := c.suggestion(h, q.ID)
	if err != nil {
		return err
	}
	if one, err = s.ByID(c.ctx, one.ID); err != nil {
		return err
	}
	return c.printJSON(one)
}

func (c *call) suggestion(h *House, text string) (Suggests, replay.Suggestion, error) {
	s, err := inOrg(c, h, h.Suggests)
	if err != nil {
		return nil, replay.Suggestion{}, err
	}
	id, err := idOf(text)
	return s, replay.Suggestion{ID: id}, err
}

type suggestRunCmd struct {
	Group string `arg:"" help:"群|group"`
	Days  int    `default:"30" help:"过去几天|how many past days"`
}

// weighedLine is how a book was weighed.
type weighedLine struct {
	Messages int64 `json:"messages" col:"消息|messages"`
	Judged   int   `json:"judged" col:"人判断过|judged"`
	TooFew   bool  `json:"too_few" col:"太少|too few"`
	Tried    int   `json:"tried" col:"试过的改动|changes tried"`
	Better   int   `json:"better" col:"更好|better"`
}

func (suggestRunCmd) Shape() any { return weighedLine{} }
func (suggestRunCmd) Examples() []example {
	return []example{{"suggest run 产品交流群 --days 30", [2]string{"平时每晚自动算一次", "this is done every night by itself"}}}
}

// Do weighs a group's book.
func (q *suggestRunCmd) Do(c *call, h *House) error {
	s, g, err := c.suggestsIn(h, q.Group)
	if err != nil {
		return err
	}
	w, err := s.Weigh(c.ctx, g.Key, q.Days, func(done, of int64) { c.progress("weigh", done, of) })
	if err != nil {
		return c.saidBy(err)
	}
	return printOne(c, weighedLine{w.Messages, w.Judged, w.TooFew(), w.Tried, w.Better})
}

type suggestApplyCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `required:"" placeholder:"TEXT" help:"为什么|why"`
	despiteFlag
	moveFlags
}

// Effect is what applying means.
func (q *suggestApplyCmd) Effect() [2]string {
	return [2]string{"将按建议发布群规的新版本", "this publishes a new version of the rulebook as suggested"}
}

func (suggestApplyCmd) Shape() any          { return bookLine{} }
func (suggestApplyCmd) Examples() []example { return nil }

// Do applies a suggestion.
func (q *suggestApplyCmd) Do(c *call, h *House) error {
	s, one, err := c.suggestion(h, q.ID)
	if err != nil {
		return err
	}
	if err := q.check(); err != nil {
		return err
	}
	v, err := s.Apply(q.aim(c.ctx), user, one.ID, q.Reason, q.Despite)
	if err != nil {
		return c.saidBy(err)
	}
	return printOne(c, bookLine{v, "published", Moment(c.program.now().UnixMilli()), user, q.Reason})
}

type suggestDismissCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `required:"" placeholder:"TEXT" help:"为什么|why"`
}

func (suggestDismissCmd) Shape() any          { return suggestLine{} }
func (suggestDismissCmd) Examples() []example { return nil }

// Do dismisses a suggestion.
func (q *suggestDismissCmd) Do(c *call, h *House) error {
	s, one, err := c.suggestion(h, q.ID)
	if err != nil {
		return err
	}
	if err := s.Dismiss(c.ctx, user, one.ID, q.Reason); err != nil {
		return err
	}
	if one, err = s.ByID(c.ctx, one.ID); err != nil {
		return err
	}
	return printOne(c, lineOfSuggestion(one))
}
