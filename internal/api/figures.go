package api

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Growths are figures of groups beside one another.
type Growths interface {
	Growth(ctx context.Context, g community.GroupRow, months int) ([]measure.GrowthMonth, error)
	Claims(ctx context.Context) ([]measure.Claim, error)
}

// Comparisons puts groups side by side.
type Comparisons interface {
	Beside(ctx context.Context, groups []community.GroupKey, from, to measure.Day) ([]measure.Sheet, error)
}

// day is a local day; in JSON and queries 2006-01-02, 0 = null.
type day measure.Day

// MarshalJSON gives the day, or null.
func (d day) MarshalJSON() ([]byte, error) {
	if d == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + measure.Day(d).String() + `"`), nil
}

// UnmarshalText reads 2006-01-02; what JSON holds as a text is read by it, too.
func (d *day) UnmarshalText(b []byte) error {
	one, err := measure.ParseDay(string(b))
	*d = day(one)
	return err
}

// Schema says it to OpenAPI.
func (day) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date", Nullable: true}
}

// spanQuery asks for a stretch of days.
type spanQuery struct {
	From day `query:"from" doc:"the first day; left out = days before the last"`
	To   day `query:"to" doc:"the last day; left out = today"`
	Days int `query:"days" minimum:"1" maximum:"366" default:"30" doc:"how many, where the first is left out"`
}

// days reads a stretch of at most 366 days that ends today or before.
func (c *call) days(g community.GroupKey, q spanQuery) (from, to measure.Day, err error) {
	today, err := room(c, c.a.deps.Rooms.Figures).Today(c.ctx(), g)
	if err != nil {
		return 0, 0, err
	}
	if to = measure.Day(q.To); to == 0 {
		to = today
	}
	if from = measure.Day(q.From); from == 0 {
		from = to - measure.Day(q.Days) + 1
	}
	if from > to || to-from >= 366 || to > today || from < 0 {
		return 0, 0, &refusal{error: community.Errorf(community.CodeBadInput, "days: want from before to, at most 366 days, until today"),
			faults: []Fault{{"query.from", "want a day before to, at most 366 days earlier"}}}
	}
	return from, to, nil
}

// finite is a number, nil where there is none.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// medianOf is the median of a curve, nil where it was not reached or too few are on it.
func medianOf(c measure.Curve) *float64 {
	if v, reached := c.Median(); reached && c.N >= measure.LeastCurve {
		return &v
	}
	return nil
}

// curvePoint is a step of a survival curve.
type curvePoint struct {
	Day      float64  `json:"day"`
	AtRisk   int      `json:"at_risk"`
	Ends     int      `json:"ends"`
	Survival float64  `json:"survival"`
	Low      *float64 `json:"low" doc:"95 % limits, null where there are none"`
	High     *float64 `json:"high"`
	Thin     bool     `json:"thin" doc:"fewer than 10 are at risk"`
}

// curve is how long something lasts (Kaplan-Meier).
type curve struct {
	N      int          `json:"n"`
	Ends   int          `json:"ends"`
	Median *float64     `json:"median_days" doc:"null = not reached, or fewer than four"`
	Points []curvePoint `json:"points" doc:"empty where fewer than four are on it"`
}

func curveOf(c measure.Curve) curve {
	out := curve{c.N, c.Ends, medianOf(c), []curvePoint{}}
	if c.N < measure.LeastCurve {
		return out
	}
	for _, p := range c.Points {
		one := curvePoint{Day: p.Time, AtRisk: p.AtRisk, Ends: p.Events, Survival: p.Survival, Thin: p.Thin}
		if p.Drawn {
			one.Low, one.High = finite(p.Low), finite(p.High)
		}
		out.Points = append(out.Points, one)
	}
	return out
}

// rankTest is whether stays end at different paces.
type rankTest struct {
	Chi2     *float64 `json:"chi2"`
	Free     int      `json:"degrees_of_freedom"`
	P        *float64 `json:"p"`
	Withheld string   `json:"withheld" doc:"why there is no test; empty = there is"`
}

func rankTestOf(t measure.RankTest) rankTest {
	if t.Withheld != "" {
		return rankTest{Withheld: t.Withheld}
	}
	return rankTest{finite(t.Chi2), t.Free, finite(t.P), ""}
}

// counted is a member that a figure counts.
type counted struct {
	Member community.ID `json:"member"`
	Name   string       `json:"name"`
	Yes    bool         `json:"counted" doc:"above the line of the share"`
}

// countedIn is a page of the people that a figure is of, and who of them it counts.
func (c *call) countedIn(at paging, of, kept []community.MemberKey) (list[counted], error) {
	p, err := c.page(at, sorting{})
	if err == nil {
		err = c.mayCarryOff(p, len(of))
	}
	if err != nil {
		return list[counted]{}, err
	}
	shown := of[min(p.Offset, len(of)):min(p.Offset+p.Limit, len(of))]
	known, err := c.named(shown)
	return listed(c, p, shown, len(of), func(k community.MemberKey) counted {
		return counted{known[k].ID, known[k].Name, slices.Contains(kept, k)}
	}), err
}

// named gives members by their keys, at most 200.
func (c *call) named(keys []community.MemberKey) (map[community.MemberKey]community.Member, error) {
	out := map[community.MemberKey]community.Member{}
	rows, err := c.desk.MembersByKey(c.ctx(), keys)
	for _, m := range rows {
		out[m.Key] = m
	}
	return out, err
}

// board is acquisition, activation, retention, referral and revenue of a group.
type board struct {
	From      day              `json:"from"`
	To        day              `json:"to"`
	Covered   int              `json:"days_covered"`
	Of        int              `json:"days"`
	Came      int              `json:"came" doc:"joined on these days"`
	Asked     int              `json:"asked" doc:"asked to be let in"`
	Admitted  figure           `json:"admitted" doc:"of those who asked"`
	Activated figure           `json:"activated" doc:"heard within 7 days of joining"`
	Waiting   int              `json:"activation_waiting" doc:"joined, and 7 days have not passed"`
	Week4     figure           `json:"week_4" doc:"active in days 22 to 28"`
	Guests    int              `json:"guests" doc:"came by a member's invitation and stayed 7 days"`
	Through   int              `json:"guests_activated"`
	K         figure           `json:"k" doc:"guests that one activated member brings"`
	Cycle     *float64         `json:"cycle_days" doc:"median from a host's activation to a guest's; null = not reached"`
	Currency  string           `json:"currency" doc:"in which most payments are; empty = there are none"`
	Net       int64            `json:"net" doc:"minor units"`
	Gross     int64            `json:"gross" doc:"before refunds"`
	Payers    int              `json:"payers"`
	Others    map[string]int64 `json:"other_currencies" doc:"net, minor units"`
}

// boardPeople are the members behind the figures of a board.
var boardPeople = map[string]func(measure.Board) (of, kept []community.MemberKey){
	"came":      func(b measure.Board) (of, kept []community.MemberKey) { return b.Came, b.Came },
	"activated": func(b measure.Board) (of, kept []community.MemberKey) { return b.Activated.Of, b.Activated.Went },
	"week4":     func(b measure.Board) (of, kept []community.MemberKey) { return b.Week4.Of, b.Week4.Kept },
	"guests":    func(b measure.Board) (of, kept []community.MemberKey) { return b.Referral.Guests, b.Referral.Through },
	"paid":      func(b measure.Board) (of, kept []community.MemberKey) { return b.Revenue.Payers, b.Revenue.Payers },
}

// boardIn measures a group's board.
func (c *call) boardIn(g community.GroupKey, q spanQuery) (b measure.Board, currency string, others map[string]int64, err error) {
	from, to, err := c.days(g, q)
	if err != nil {
		return b, "", nil, err
	}
	return room(c, c.a.deps.Rooms.Figures).Board(c.ctx(), g, from, to)
}

type groupSpan struct {
	byID
	spanQuery
}

func getBoard(c *call, in *groupSpan, g community.GroupRow) (board, error) {
	b, currency, others, err := c.boardIn(g.Key, in.spanQuery)
	if others == nil {
		others = map[string]int64{}
	}
	r := b.Referral
	return board{day(b.From), day(b.To), b.Coverage.Covered, b.Coverage.Of, len(b.Came), b.Asked, figureOf(b.Admitted.Figure(b.Coverage)), figureOf(b.Activated.Figure(b.Coverage)), b.Activated.Waiting,
		figureOf(b.Week4.Figure(b.Coverage)), len(r.Guests), len(r.Through), figureOf(r.K), medianOf(r.Cycle), currency, b.Revenue.Net, b.Revenue.Gross, len(b.Revenue.Payers), others}, err
}

// journeyStep is a step between two touch points.
type journeyStep struct {
	Step    int      `json:"step" doc:"for listJourneyPeople"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Within  float64  `json:"within_days"`
	Went    figure   `json:"went" doc:"of those at from whose days have passed"`
	Waiting int      `json:"waiting"`
	Unused  bool     `json:"unused" doc:"nobody ever came to this point: it is not in use"`
	Took    *float64 `json:"median_days"`
}

type passage struct {
	To     string  `json:"to"`
	Count  int     `json:"people"`
	Median float64 `json:"median_days"`
}

type standingRow struct {
	Name   string    `json:"standing"`
	Times  int       `json:"times"`
	Now    int       `json:"now"`
	Median *float64  `json:"median_days"`
	To     []passage `json:"to"`
}

type pathRow struct {
	Standings []string `json:"standings"`
	Count     int      `json:"people"`
}

// journey is the ways of a group's members.
type journey struct {
	From      day           `json:"from"`
	To        day           `json:"to"`
	Steps     []journeyStep `json:"steps"`
	Standings []standingRow `json:"standings"`
	Paths     []pathRow     `json:"paths" doc:"the most frequent, at most 50"`
}

type journeySpan struct {
	byID
	From day `query:"from"`
	To   day `query:"to"`
	Days int `query:"days" minimum:"1" maximum:"366" default:"90" doc:"how many, where the first is left out"`
}

func (c *call) journeyIn(g community.GroupKey, from, to day, n int) (measure.Day, measure.Day, measure.Travels, error) {
	first, last, err := c.days(g, spanQuery{from, to, n})
	if err != nil {
		return 0, 0, measure.Travels{}, err
	}
	t, err := room(c, c.a.deps.Rooms.Figures).Travels(c.ctx(), g, first, last)
	return first, last, t, err
}

func getJourney(c *call, in *journeySpan, g community.GroupRow) (journey, error) {
	from, to, t, err := c.journeyIn(g.Key, in.From, in.To, in.Days)
	out := journey{From: day(from), To: day(to), Steps: []journeyStep{}, Standings: []standingRow{}, Paths: []pathRow{}}
	names := measure.PointNames()
	for i, s := range t.Steps {
		if len(s.Of)+s.Waiting == 0 {
			continue // nobody ever came to its beginning
		}
		one := journeyStep{Step: i, From: names[s.From], To: names[s.To], Within: float64(s.Within) / (24 * 3600_000), Went: figureOf(s.Figure(t.Coverage)), Waiting: s.Waiting, Unused: s.Unused}
		if !s.Unused {
			one.Took = medianOf(s.Took)
		}
		out.Steps = append(out.Steps, one)
	}
	for _, s := range t.Standings {
		if s.Took.N > 0 {
			out.Standings = append(out.Standings, standingRow{s.Name, s.Took.N, s.Now, medianOf(s.Took), mapped(s.To, func(p measure.Passage) passage { return passage{p.To, p.Count, p.Median} })})
		}
	}
	for _, p := range t.Paths[:min(50, len(t.Paths))] {
		out.Paths = append(out.Paths, pathRow{p.Standings, p.Count})
	}
	return out, err
}

type retainedDay struct {
	K         int    `json:"day"`
	Bounded   figure `json:"on_that_day"`
	Unbounded figure `json:"on_that_day_or_later"`
}

type cohortRow struct {
	Week  day      `json:"week" doc:"its Monday"`
	Size  int      `json:"size"`
	Weeks []figure `json:"weeks" doc:"the first is the day of beginning itself"`
}

type flowRow struct {
	Week         day  `json:"week"`
	Known        bool `json:"known"`
	Active       int  `json:"active"`
	New          int  `json:"new"`
	Returning    int  `json:"returning"`
	Resurrecting int  `json:"resurrecting"`
	Dormant      int  `json:"dormant"`
}

type sourceCurve struct {
	Source string `json:"source"`
	Curve  curve  `json:"curve"`
}

// retention is how a group keeps its members.
type retention struct {
	By            string        `json:"by" enum:"first,join"`
	Until         day           `json:"until"`
	Covered       int           `json:"days_covered"`
	Of            int           `json:"days"`
	Began         int           `json:"began" doc:"members in cohorts"`
	Undated       int           `json:"undated" doc:"stays whose beginning nobody knows; left out"`
	Inferred      int           `json:"inferred" doc:"stays whose end is known as an interval only"`
	Days          []retainedDay `json:"by_day"`
	Week4         figure        `json:"week_4"`
	Cohorts       []cohortRow   `json:"cohorts"`
	Flows         []flowRow     `json:"flows"`
	Silence       int           `json:"silence_days" doc:"from this gap on participation counts as ended"`
	Membership    curve         `json:"membership"`
	Participation curve         `json:"participation"`
	Sources       []sourceCurve `json:"sources" doc:"by how members came"`
	Test          rankTest      `json:"sources_differ"`
}

// The cohorts of the last weeks, each followed for as many as the page follows.
const (
	cohortWeeks = 16
	followWeeks = 12
)

type keepQuery struct {
	byID
	By string `query:"by" enum:"first,join" default:"first" doc:"cohorts by the first word, or by joining"`
	To day    `query:"to" doc:"until this day; left out = today"`
}

func (c *call) keepIn(g community.GroupKey, by string, to day) (measure.Day, measure.Retention, error) {
	_, last, err := c.days(g, spanQuery{To: to, Days: 1})
	if err != nil {
		return 0, measure.Retention{}, err
	}
	h, err := room(c, c.a.deps.Rooms.Figures).History(c.ctx(), g, last)
	if err != nil {
		return 0, measure.Retention{}, err
	}
	return last, measure.Keep(h, map[string]string{"first": measure.ByFirst, "join": measure.ByJoin}[by], cohortWeeks, followWeeks), nil
}

func getRetention(c *call, in *keepQuery, g community.GroupRow) (retention, error) {
	until, r, err := c.keepIn(g.Key, in.By, in.To)
	kept := func(k measure.Retained) figure { return figureOf(k.Figure(r.Coverage)) }
	return retention{in.By, day(until), r.Coverage.Covered, r.Coverage.Of, r.Began, r.Undated, r.Inferred,
		mapped(r.Days, func(d measure.NDay) retainedDay { return retainedDay{int(d.K), kept(d.Bounded), kept(d.Unbounded)} }), kept(r.Week4),
		mapped(r.Cohorts, func(w measure.Cohort) cohortRow { return cohortRow{day(w.Week), len(w.Lives), mapped(w.Weeks, kept)} }),
		mapped(r.Flows, func(f measure.Flow) flowRow {
			return flowRow{day(f.Week), f.Known, f.Active, f.New, f.Returning, f.Resurrecting, f.Dormant}
		}), int(r.Silence.Days), curveOf(r.Membership), curveOf(r.Participation),
		mapped(r.Sources, func(s measure.SourceCurve) sourceCurve { return sourceCurve{s.Source, curveOf(s.Curve)} }), rankTestOf(r.Test)}, err
}

// bond is with whom one member talks.
type bond struct {
	Member   community.ID `json:"member"`
	Name     string       `json:"name"`
	Reach    int          `json:"reach" doc:"distinct partners"`
	Sent     int          `json:"sent"`
	Received int          `json:"received"`
	Between  figure       `json:"brokerage" doc:"pairs of partners who did not turn to each other"`
}

// bonds is who talks with whom in a group.
type bonds struct {
	Reciprocity figure     `json:"reciprocity"`
	Edges       int        `json:"edges"`
	Messages    int        `json:"messages"`
	People      list[bond] `json:"people" doc:"widest reach first"`
}

func getBonds(c *call, in *struct {
	groupSpan
	paging
}, g community.GroupRow) (bonds, error) {
	from, to, err := c.days(g.Key, in.spanQuery)
	if err != nil {
		return bonds{}, err
	}
	p, err := c.page(in.paging, sorting{})
	if err != nil {
		return bonds{}, err
	}
	contacts, cover, err := room(c, c.a.deps.Rooms.Figures).Contacts(c.ctx(), g.Key, from, to)
	if err != nil {
		return bonds{}, err
	}
	b := measure.Bind(contacts, cover)
	if err := c.mayCarryOff(p, len(b.Members)); err != nil {
		return bonds{}, err
	}
	shown := b.Members[min(p.Offset, len(b.Members)):min(p.Offset+p.Limit, len(b.Members))]
	known, err := c.named(mapped(shown, func(s measure.Bond) community.MemberKey { return s.Member }))
	return bonds{figureOf(b.Reciprocity), b.Edges, b.Messages, listed(c, p, shown, len(b.Members), func(s measure.Bond) bond {
		return bond{known[s.Member].ID, known[s.Member].Name, s.Reach, s.Sent, s.Received, figureOf(s.Brokerage(b.Reciprocity.Coverage))}
	})}, err
}

// growthMonth is how much of a group's month came from its members.
type growthMonth struct {
	Group      community.ID     `json:"group"`
	Name       string           `json:"group_name"`
	Month      string           `json:"month" doc:"2006-01; empty = nothing is on record"`
	Joins      map[string]int64 `json:"joins" doc:"by way"`
	Invitation figure           `json:"by_invitation"`
	Talk       figure           `json:"own_talk"`
	Answers    figure           `json:"own_answers"`
}

func growthOf(g community.GroupRow, m measure.GrowthMonth) growthMonth {
	joins := m.Ways
	if joins == nil {
		joins = map[string]int64{}
	}
	return growthMonth{g.ID, g.Name, m.Month, joins, figureOf(m.ByInvitation()), figureOf(m.OwnTalk()), figureOf(m.OwnAnswers())}
}

func listGrowth(c *call, in *sorted) (list[growthMonth], error) {
	p, err := c.page(in.paging, in.sorting)
	if err != nil {
		return list[growthMonth]{}, err
	}
	rows, total, err := c.desk.FindGroups(c.ctx(), community.GroupFilter{Page: p})
	latest := make(map[community.GroupKey]measure.GrowthMonth, len(rows))
	for _, g := range rows {
		months, err := room(c, c.a.deps.Rooms.Growths).Growth(c.ctx(), g, 1)
		if err != nil {
			return list[growthMonth]{}, err
		}
		if len(months) > 0 {
			latest[g.Key] = months[0]
		}
	}
	return listed(c, p, rows, total, func(g community.GroupRow) growthMonth { return growthOf(g, latest[g.Key]) }), err
}

// claim is something that operators are told, beside one's own figure.
type claim struct {
	Name    string   `json:"name"`
	Low     float64  `json:"told_low"`
	High    float64  `json:"told_high"`
	Ratio   bool     `json:"ratio" doc:"times as many; else a share"`
	Own     *float64 `json:"own" doc:"null = there is no own figure"`
	OwnLow  *float64 `json:"own_low" doc:"95 %"`
	OwnHigh *float64 `json:"own_high"`
	N       int      `json:"n"`
	P       float64  `json:"p" doc:"of the log-rank test where stays are compared; else 1"`
	Verdict string   `json:"verdict"`
	Need    int      `json:"needed" doc:"how many more are needed at least"`
}

func claimOf(m measure.Claim) claim {
	out := claim{Name: m.Name, Low: m.Told[0], High: m.Told[1], Ratio: m.Ratio, N: m.N, P: m.P, Verdict: m.Verdict, Need: m.Need}
	if m.Known {
		out.Own, out.OwnLow, out.OwnHigh = finite(m.Value), finite(m.Low), finite(m.High)
	}
	return out
}

type besideCell struct {
	Value    *float64 `json:"value" doc:"null where it is not known, or a word"`
	Word     string   `json:"word"`
	Num      float64  `json:"num" doc:"of a share: what was counted"`
	N        int64    `json:"n" doc:"what it rests on"`
	Covered  int      `json:"days_covered"`
	Of       int      `json:"days"`
	Grey     bool     `json:"grey"`
	Withheld string   `json:"withheld"`
}

type besideRow struct {
	Metric string       `json:"metric" doc:"area and name"`
	K      int          `json:"k" doc:"the day that a retention is about; else 0"`
	Unit   string       `json:"unit"`
	Cells  []besideCell `json:"cells" doc:"in the order of the groups"`
}

// comparison is the same figures of two to four groups.
type comparison struct {
	From   day            `json:"from"`
	To     day            `json:"to"`
	Groups []community.ID `json:"groups"`
	Names  []string       `json:"group_names"`
	Rows   []besideRow    `json:"rows"`
}

func compare(c *call, in *struct {
	Groups string `query:"groups" maxLength:"200" doc:"ids of two to four groups, with commas between"`
	spanQuery
}) (comparison, error) {
	out := comparison{Groups: []community.ID{}, Names: []string{}, Rows: []besideRow{}}
	var ids []community.ID
	for _, text := range strings.FieldsFunc(in.Groups, func(r rune) bool { return r == ',' }) {
		id, err := community.ParseID(strings.TrimSpace(text))
		if err != nil {
			return out, &refusal{error: community.Errorf(community.CodeBadInput, "groups: %w", err), faults: []Fault{{"query.groups", "want ids with commas between"}}}
		}
		ids = append(ids, id)
	}
	from, to, err := c.days(0, in.spanQuery)
	out.From, out.To = day(from), day(to)
	if err != nil || len(ids) == 0 {
		return out, err // nothing is chosen yet
	}
	keys, err := c.groupKeys(ids)
	if err != nil {
		return out, err
	}
	if err := measure.CheckBeside(keys, from, to); err != nil {
		return out, err
	}
	sheets, err := room(c, c.a.deps.Rooms.Comparisons).Beside(c.ctx(), keys, from, to)
	for _, s := range sheets {
		out.Groups, out.Names = append(out.Groups, s.GroupID), append(out.Names, s.Name)
	}
	for _, r := range measure.Beside(sheets) {
		out.Rows = append(out.Rows, besideRow{r.Metric, r.K, r.Unit, mapped(r.Cells, func(l measure.Line) besideCell {
			cell := besideCell{Word: l.Word, Num: l.Num, N: l.N, Covered: l.Coverage.Covered, Of: l.Coverage.Of, Grey: l.Grey, Withheld: l.Withheld}
			if l.Withheld == "" && l.Unit != measure.UnitWord {
				cell.Value = finite(l.Value)
			}
			return cell
		})})
	}
	return out, err
}

func figureLines() []line {
	area := community.AreaInsight
	return []line{
		on("getBoard", "GET /groups/{id}/board", "Acquisition, activation, retention, referral and revenue of a group", area, []string{"GET /board"}, inGroup(getBoard)),
		on("listBoardPeople", "GET /groups/{id}/board/people", "The people behind a figure of the board", area, []string{"GET /board/people"}, inGroup(func(c *call, in *struct {
			groupSpan
			What string `query:"what" enum:"came,activated,week4,guests,paid" default:"came"`
			paging
		}, g community.GroupRow) (list[counted], error) {
			b, _, _, err := c.boardIn(g.Key, in.spanQuery)
			if err != nil {
				return list[counted]{}, err
			}
			of, kept := boardPeople[in.What](b)
			return c.countedIn(in.paging, of, kept)
		})),
		on("getJourney", "GET /groups/{id}/journey", "The ways of a group's members: touch points, who goes on, how long it takes", area, []string{"GET /journey"}, inGroup(getJourney)),
		on("listJourneyPeople", "GET /groups/{id}/journey/people", "The people of one step, and who of them went on", area, []string{"GET /journey/people"}, inGroup(func(c *call, in *struct {
			journeySpan
			Step int `query:"step" minimum:"0" maximum:"20" default:"0"`
			paging
		}, g community.GroupRow) (list[counted], error) {
			_, _, t, err := c.journeyIn(g.Key, in.From, in.To, in.Days)
			if err != nil {
				return list[counted]{}, err
			}
			if in.Step >= len(t.Steps) {
				return list[counted]{}, community.Errorf(community.CodeNotFound, "step %d: there are %d", in.Step, len(t.Steps))
			}
			return c.countedIn(in.paging, t.Steps[in.Step].Of, t.Steps[in.Step].Went)
		})),
		on("getRetention", "GET /groups/{id}/retention", "How a group keeps its members", area, []string{"GET /retention"}, inGroup(getRetention)),
		on("listRetentionPeople", "GET /groups/{id}/retention/people", "The people of one week's cohort, and who was active some weeks later", area, []string{"GET /retention/people"}, inGroup(func(c *call, in *struct {
			keepQuery
			Week  day `query:"week" doc:"the Monday of the cohort; left out = the latest"`
			After int `query:"after" minimum:"0" maximum:"12" default:"0" doc:"weeks later"`
			paging
		}, g community.GroupRow) (list[counted], error) {
			_, r, err := c.keepIn(g.Key, in.By, in.To)
			if err != nil {
				return list[counted]{}, err
			}
			for i := len(r.Cohorts) - 1; i >= 0; i-- {
				if w := r.Cohorts[i]; (in.Week == 0 || day(w.Week) == in.Week) && in.After < len(w.Weeks) {
					return c.countedIn(in.paging, w.Weeks[in.After].Of, w.Weeks[in.After].Kept)
				}
			}
			return list[counted]{}, community.Errorf(community.CodeNotFound, "no cohort of that week")
		})),
		on("getBonds", "GET /groups/{id}/bonds", "Who talks with whom in a group", area, []string{"GET /bonds"}, inGroup(getBonds)),
		on("listGrowth", "GET /growth", "How much of each group's latest month came from its members", area, []string{"GET /growth"}, listGrowth),
		on("listGrowthOf", "GET /groups/{id}/growth", "How much of a group's months came from its members, the latest first", area, []string{"GET /growth"}, inGroup(func(c *call, in *struct {
			byID
			Months int `query:"months" minimum:"1" maximum:"24" default:"12"`
		}, g community.GroupRow) (list[growthMonth], error) {
			months, err := room(c, c.a.deps.Rooms.Growths).Growth(c.ctx(), g, in.Months)
			return whole(months, func(m measure.GrowthMonth) growthMonth { return growthOf(g, m) }), err
		})),
		on("listClaims", "GET /claims", "What operators are told, beside one's own figures", area, []string{"GET /claims"}, func(c *call, _ *struct{}) (list[claim], error) {
			rows, err := room(c, c.a.deps.Rooms.Growths).Claims(c.ctx())
			return whole(rows, claimOf), err
		}),
		on("compareGroups", "GET /comparison", "The same figures of two to four groups", area, []string{"GET /compare", "GET /compare.csv", "GET /compare.xlsx"}, compare),
	}
}
