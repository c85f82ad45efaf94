package api

import (
	"context"
	"encoding/json"
	"io"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/experiment"
	"qunluo/internal/founding"
	"qunluo/internal/plan"
	"qunluo/internal/poster"
	"qunluo/internal/tier"
)

// Posters keeps layouts of posters and draws them.
type Posters interface {
	List(ctx context.Context, lang string) ([]poster.Kept, error)
	Get(ctx context.Context, ref string) (poster.Kept, error)
	Save(ctx context.Context, user, name string, base int, l poster.Layout, reason string) (poster.Kept, error)
	Restore(ctx context.Context, user, name string, version int, reason string) (poster.Kept, error)
	Drop(ctx context.Context, user, name, reason string) error
	Draw(ctx context.Context, l poster.Layout, values map[string]string, wide int) ([]byte, []poster.Warned, error)
	ForCode(ctx context.Context, code community.ID) (poster.ForCode, error)
	SetForCode(ctx context.Context, user string, code community.ID, ref string, filled map[string]string, reason string) error
	Batch(ctx context.Context, user string, o poster.Order, reason string) (poster.Batch, error)
	Batches(ctx context.Context) ([]poster.Batch, error)
	BatchFile(ctx context.Context, id community.ID) (io.ReadCloser, int64, error)
	Frames(ctx context.Context, files [][]byte, delay, wide int) ([]byte, error)
	AddImage(ctx context.Context, raw []byte) (hash string, err error)
}

// Foundings keeps templates of groups.
type Foundings interface {
	Templates(ctx context.Context) ([]founding.Kept, error)
	TemplateVersions(ctx context.Context, name string) ([]founding.Kept, error)
	GroupUses(ctx context.Context, g community.GroupKey) ([]founding.Record, error)
	Apply(ctx context.Context, user string, o founding.Order) (founding.Record, error)
	Undo(ctx context.Context, user string, id community.ID, note string) (founding.Record, error)
	Export(ctx context.Context, u founding.Use) (raw []byte, name string, err error)
	Import(ctx context.Context, user string, raw []byte, note string) (founding.Kept, error)
	SaveFrom(ctx context.Context, user string, g community.GroupKey, head founding.Template, parts []founding.Part, note string) (founding.Kept, error)
}

// Handovers hands over what somebody leaves.
type Handovers interface {
	Begin(ctx context.Context, user string, h duty.Handover) (duty.Handover, error)
	List(ctx context.Context, p community.Page) ([]duty.Handover, int, error)
	ByID(ctx context.Context, id community.ID) (duty.Handover, error)
	Retry(ctx context.Context, user string, id community.ID, n int) (duty.Handover, error)
}

// Overlaps compares groups with each other.
type Overlaps interface {
	Overlap(ctx context.Context, g community.GroupKey) (admit.OverlapCheck, error)
	SetDifference(ctx context.Context, user string, g community.GroupKey, text string) (admit.Difference, error)
}

// TierGifts is what tiers get, and how lurkers are spoken to.
type TierGifts interface {
	Benefit(ctx context.Context, id community.ID) (tier.Benefit, error)
	AddBenefit(ctx context.Context, user string, b tier.Benefit) (tier.Benefit, error)
	EndBenefit(ctx context.Context, user string, id community.ID, reason string) error
	Reaches(ctx context.Context, g community.GroupKey) ([]tier.Reach, error)
	Souls(ctx context.Context, id community.ID) (tier.Reach, []tier.Soul, error)
	AddReach(ctx context.Context, user string, r tier.Reach) (tier.Reach, error)
	StopReach(ctx context.Context, user string, id community.ID, reason string) error
	Decline(ctx context.Context, user string, g community.GroupKey, member community.ID, reason string) error
}

// Trials is how experiments are planned and looked at.
type Trials interface {
	Look(ctx context.Context, id community.ID) (experiment.Row, experiment.Result, error)
	Plan(ctx context.Context, d experiment.Definition) (experiment.Definition, experiment.Need, error)
	Save(ctx context.Context, user string, row experiment.Row, reason string) (experiment.Row, error)
}

// Steps is how SOPs are written.
type Steps interface {
	SaveSOP(ctx context.Context, user string, s plan.SOP, reason string) (plan.SOP, error)
	CheckSOP(ctx context.Context, s plan.SOP) ([]plan.StepFinding, error)
}

// posterKept is a layout as it is kept.
type posterKept struct {
	Ref     string            `json:"ref"`
	Name    string            `json:"name"`
	Title   string            `json:"title"`
	Own     bool              `json:"own"`
	Version int               `json:"version" doc:"0 = it comes with Qunluo"`
	Fields  []string          `json:"fields" doc:"that are filled when it is drawn"`
	Layout  json.RawMessage   `json:"layout"`
	Try     map[string]string `json:"try" doc:"values to look at it with"`
	Note    string            `json:"note"`
	At      moment            `json:"at"`
}

func posterOf(k poster.Kept) posterKept {
	return posterKept{k.Ref, k.Name, k.Layout.Title, k.Own, k.Version, list0(k.Layout.Fields()), k.Layout.Encode(), k.Try, k.Note, moment(k.At)}
}

type posterRef struct {
	Ref string `path:"ref" maxLength:"100" doc:"of a layout, see listPosters"`
}

// drawn is a picture.
type drawn struct {
	PNG    []byte   `json:"png" doc:"base64"`
	Warned []string `json:"warned"`
}

func posterLines() []line {
	area := community.AreaContent
	posters := func(c *call) Posters { return room(c, c.a.deps.Rooms.Posters) }
	return []line{
		on("listPosters", "GET /posters", "Layouts of posters", area, []string{"GET /posters"}, func(c *call, in *struct {
			Lang string `query:"lang" enum:"zh,en" default:"zh"`
		}) (list[posterKept], error) {
			rows, err := posters(c).List(c.ctx(), in.Lang)
			return whole(rows, posterOf), err
		}),
		on("getPoster", "GET /posters/{ref}", "One layout", area, []string{"GET /posters/at"}, func(c *call, in *posterRef) (posterKept, error) {
			k, err := posters(c).Get(c.ctx(), in.Ref)
			return posterOf(k), err
		}),
		on("drawPoster", "POST /posters/draw", "Draw a layout with values; nothing is kept", area, []string{"POST /posters/preview", "GET /posters/picture"}, func(c *call, in *struct {
			Body struct {
				Ref    string            `json:"ref" minLength:"1" maxLength:"100"`
				Values map[string]string `json:"values,omitempty"`
				Wide   int               `json:"wide,omitempty" minimum:"0" maximum:"1080" doc:"pixels; 0 = as it is made"`
			}
		}) (drawn, error) {
			k, err := posters(c).Get(c.ctx(), in.Body.Ref)
			if err != nil {
				return drawn{}, err
			}
			png, warned, err := posters(c).Draw(c.ctx(), k.Layout, in.Body.Values, in.Body.Wide)
			out := drawn{PNG: png, Warned: []string{}}
			for _, w := range warned {
				out.Warned = append(out.Warned, w.What)
			}
			return out, err
		}),
		on("savePoster", "PUT /posters/{name}", "Keep the next version of a layout", area, []string{"POST /posters/edit"}, func(c *call, in *struct {
			Name string `path:"name" maxLength:"60"`
			Body struct {
				Base   int             `json:"base" minimum:"0" doc:"version that it was made of; 0 = it is new"`
				Layout json.RawMessage `json:"layout"`
				Maybe
			}
		}) (posterKept, error) {
			l, err := poster.Decode(in.Body.Layout)
			if err != nil {
				return posterKept{}, err
			}
			k, err := posters(c).Save(c.ctx(), c.who(), in.Name, in.Body.Base, l, in.Body.Reason)
			return posterOf(k), err
		}),
		on("restorePoster", "POST /posters/{name}/restore", "Make an older version the next one", area, []string{"POST /posters/restore"}, func(c *call, in *struct {
			Name string `path:"name" maxLength:"60"`
			Body struct {
				Version int `json:"version" minimum:"1"`
				Maybe
			}
		}) (posterKept, error) {
			k, err := posters(c).Restore(c.ctx(), c.who(), in.Name, in.Body.Version, in.Body.Reason)
			return posterOf(k), err
		}),
		on("dropPoster", "POST /posters/{name}/drop", "Take an own layout away", area, []string{"POST /posters/drop"}, func(c *call, in *struct {
			Name string `path:"name" maxLength:"60"`
			Body Because
		}) (none, error) {
			return did(posters(c).Drop(c.ctx(), c.who(), in.Name, in.Body.Reason))
		}),
		on("batchPosters", "POST /posters/batch", "Draw a poster for each of many, as a job", area, []string{"POST /posters/batch"}, func(c *call, in *struct {
			Body struct {
				Ref    string              `json:"ref" minLength:"1" maxLength:"100"`
				Rows   []map[string]string `json:"rows,omitempty" maxItems:"500" doc:"values of each; or group"`
				Group  community.ID        `json:"group,omitempty" doc:"one for each member"`
				Code   community.ID        `json:"code,omitempty" doc:"of members: where their QR code leads"`
				Filled map[string]string   `json:"filled,omitempty" doc:"what is the same on all"`
				Maybe
			}
		}) (struct {
			ID    community.ID `json:"id"`
			Total int          `json:"total"`
			State string       `json:"state"`
		}, error) {
			var out struct {
				ID    community.ID `json:"id"`
				Total int          `json:"total"`
				State string       `json:"state"`
			}
			g, err := c.group(in.Body.Group)
			if err != nil {
				return out, err
			}
			b, err := posters(c).Batch(c.ctx(), c.who(), poster.Order{Ref: in.Body.Ref, People: in.Body.Rows, Group: g.Key, Code: in.Body.Code, Filled: in.Body.Filled}, in.Body.Reason)
			out.ID, out.Total, out.State = b.ID, b.Total, b.State
			return out, err
		}),
		on("getCodePoster", "GET /codes/{id}/poster", "The poster that belongs to a code", community.AreaPeople, []string{"GET /codes/{id}/poster"}, func(c *call, in *byID) (struct {
			Ref    string            `json:"ref" doc:"empty = none"`
			Filled map[string]string `json:"filled"`
			Path   string            `json:"path" doc:"of the page where people ask for theirs"`
			Asked  int64             `json:"asked"`
		}, error) {
			f, err := posters(c).ForCode(c.ctx(), in.ID)
			return struct {
				Ref    string            `json:"ref" doc:"empty = none"`
				Filled map[string]string `json:"filled"`
				Path   string            `json:"path" doc:"of the page where people ask for theirs"`
				Asked  int64             `json:"asked"`
			}{f.Ref, f.Filled, f.Path, f.Asked}, err
		}),
		on("setCodePoster", "PUT /codes/{id}/poster", "Give a code a poster", community.AreaPeople, []string{"POST /codes/{id}/poster"}, func(c *call, in *struct {
			byID
			Body struct {
				Ref    string            `json:"ref" maxLength:"100" doc:"empty = none"`
				Filled map[string]string `json:"filled,omitempty"`
				Maybe
			}
		}) (none, error) {
			return did(posters(c).SetForCode(c.ctx(), c.who(), in.ID, in.Body.Ref, in.Body.Filled, in.Body.Reason))
		}),
	}
}

// template is a template of groups.
type template struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Own     bool   `json:"own"`
	Note    string `json:"note"`
	At      moment `json:"at" doc:"null = it comes with Qunluo"`
}

func templateOf(k founding.Kept) template {
	return template{k.Name, k.Version, k.Own, k.Note, moment(k.At)}
}

// began is a group that was begun with a template.
type began struct {
	ID     community.ID    `json:"id"`
	Group  community.ID    `json:"group"`
	Use    founding.Use    `json:"template"`
	Title  string          `json:"title"`
	Parts  []founding.Part `json:"parts"`
	Left   []founding.Part `json:"left" doc:"not changed, or not changed back: somebody else changed them meanwhile"`
	State  string          `json:"state"`
	User   string          `json:"user"`
	Reason string          `json:"reason"`
	At     moment          `json:"at"`
	Undone moment          `json:"undone_at"`
}

func beganOf(r founding.Record) began {
	return began{r.ID, r.GroupID, r.Use, r.Title, r.Parts, r.Left, r.State, r.User, r.Reason, moment(r.At), moment(r.Undone)}
}

func templateLines() []line {
	area := community.AreaPeople
	foundings := func(c *call) Foundings { return room(c, c.a.deps.Rooms.Foundings) }
	return []line{
		on("listTemplates", "GET /templates", "Templates of groups", area, []string{"GET /templates"}, func(c *call, _ *struct{}) (list[template], error) {
			rows, err := foundings(c).Templates(c.ctx())
			return whole(rows, templateOf), err
		}),
		on("listTemplateVersions", "GET /templates/{name}", "The versions of an own template, the latest first", area, []string{"GET /templates/{name}"}, func(c *call, in *struct {
			Name string `path:"name" maxLength:"60"`
		}) (list[template], error) {
			rows, err := foundings(c).TemplateVersions(c.ctx(), in.Name)
			return whole(rows, templateOf), err
		}),
		on("exportTemplate", "POST /templates/export", "A template as a file", area, []string{"GET /templates/{name}/file"}, func(c *call, in *struct{ Body founding.Use }) (struct {
			Name string `json:"name"`
			File string `json:"file"`
		}, error) {
			raw, name, err := foundings(c).Export(c.ctx(), in.Body)
			return struct {
				Name string `json:"name"`
				File string `json:"file"`
			}{name, string(raw)}, err
		}),
		admin(on("importTemplate", "POST /templates", "Keep a template from a file", area, []string{"POST /templates"}, func(c *call, in *struct {
			Body struct {
				File string `json:"file" minLength:"1" maxLength:"1000000"`
				Maybe
			}
		}) (template, error) {
			k, err := foundings(c).Import(c.ctx(), c.who(), []byte(in.Body.File), in.Body.Reason)
			return templateOf(k), err
		})),
		on("listGroupTemplates", "GET /groups/{id}/templates", "What a group was begun with, oldest first", area, []string{"GET /groups/{id}/template"}, inGroup(func(c *call, in *byID, g community.GroupRow) (list[began], error) {
			rows, err := foundings(c).GroupUses(c.ctx(), g.Key)
			return whole(rows, beganOf), err
		})),
		admin(on("applyTemplate", "POST /groups/{id}/template", "Begin a group with a template", area, []string{"POST /groups/{id}/template"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Template founding.Use    `json:"template"`
				Parts    []founding.Part `json:"parts,omitempty" maxItems:"40" doc:"left out = all that differ"`
				Because
			}
		}, g community.GroupRow) (began, error) {
			r, err := foundings(c).Apply(c.ctx(), c.who(), founding.Order{Group: g.Key, Use: in.Body.Template, Parts: in.Body.Parts, Reason: in.Body.Reason})
			return beganOf(r), err
		}))),
	}
}

// handover is what one person hands over to another.
type handover struct {
	ID      community.ID   `json:"id"`
	From    string         `json:"from_user"`
	To      string         `json:"to_user"`
	Reason  string         `json:"reason"`
	By      string         `json:"by"`
	Created moment         `json:"created_at"`
	Items   []handoverItem `json:"items"`
}

type handoverItem struct {
	N     int    `json:"n"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	State string `json:"state"`
	Why   string `json:"why"`
}

func handoverOf(h duty.Handover) handover {
	return handover{h.ID, h.FromUser, h.ToUser, h.Reason, h.By, moment(h.Created), mapped(h.Items, func(i duty.HandItem) handoverItem {
		return handoverItem{i.N, string(i.Kind), i.Name, string(i.State), i.Why}
	})}
}

// shared is another group that has people or texts in common with one.
type shared struct {
	Group  community.ID `json:"group"`
	Name   string       `json:"group_name"`
	People int          `json:"people" doc:"in both, each once"`
	Copies int          `json:"copies" doc:"texts that are near-copies of the other's"`
	Sister bool         `json:"sister" doc:"one offer in several rooms"`
}

func teamLines() []line {
	system, people := community.AreaSystem, community.AreaPeople
	handovers := func(c *call) Handovers { return room(c, c.a.deps.Rooms.Handovers) }
	overlaps := func(c *call) Overlaps { return room(c, c.a.deps.Rooms.Overlaps) }
	return []line{
		on("listHandovers", "GET /handovers", "What was handed over, the newest first", system, []string{"GET /handovers"}, func(c *call, in *struct{ paging }) (list[handover], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[handover]{}, err
			}
			rows, total, err := handovers(c).List(c.ctx(), p)
			return listed(c, p, rows, total, handoverOf), err
		}),
		on("getHandover", "GET /handovers/{id}", "One handover with each thing in it", system, []string{"GET /handovers/{id}"}, func(c *call, in *byID) (handover, error) {
			h, err := handovers(c).ByID(c.ctx(), in.ID)
			return handoverOf(h), err
		}),
		admin(on("beginHandover", "POST /handovers", "Hand over what somebody leaves", system, []string{"POST /handovers/new"}, func(c *call, in *struct {
			Body struct {
				From community.ID `json:"from_user"`
				To   community.ID `json:"to_user"`
				Because
			}
		}) (handover, error) {
			h, err := handovers(c).Begin(c.ctx(), c.who(), duty.Handover{FromUser: in.Body.From.String(), ToUser: in.Body.To.String(), Reason: in.Body.Reason})
			return handoverOf(h), err
		})),
		admin(on("retryHandover", "POST /handovers/{id}/retry", "Try what failed once more", system, []string{"POST /handovers/{id}/retry"}, func(c *call, in *struct {
			byID
			Body struct {
				N int `json:"n,omitempty" minimum:"0" doc:"0 = all"`
			}
		}) (handover, error) {
			h, err := handovers(c).Retry(c.ctx(), c.who(), in.ID, in.Body.N)
			return handoverOf(h), err
		})),
		on("listOverlaps", "GET /groups/{id}/overlap", "Groups that have people or texts in common with one, the most first", people, []string{"GET /groups/{id}/overlap"}, inGroup(func(c *call, in *byID, g community.GroupRow) (list[shared], error) {
			o, err := overlaps(c).Overlap(c.ctx(), g.Key)
			return whole(o.Overlaps, func(v admit.Overlap) shared { return shared{v.GroupID, v.Name, v.Shared, v.Copies, v.Sister} }), err
		})),
		on("setDifference", "PUT /groups/{id}/difference", "Say what tells a group from those like it", people, []string{"POST /groups/{id}/difference"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Text string `json:"text" minLength:"1" maxLength:"2000"`
			}
		}, g community.GroupRow) (struct {
			Version int `json:"version"`
		}, error) {
			d, err := overlaps(c).SetDifference(c.ctx(), c.who(), g.Key, in.Body.Text)
			return struct {
				Version int `json:"version"`
			}{d.Version}, err
		})),
	}
}

// gift is what a tier gets.
type gift struct {
	ID      community.ID `json:"id"`
	Tier    tier.Tier    `json:"tier"`
	Name    string       `json:"name"`
	Means   string       `json:"means"`
	Ended   moment       `json:"ended_at"`
	Holders int          `json:"holders"`
	Uses    int          `json:"uses"`
}

func giftOf(b tier.Benefit) gift {
	return gift{b.ID, b.Tier, b.Name, b.Means, moment(b.Ended), b.Holders, b.Uses}
}

// reached is a plan of messages to lurkers, one to each.
type reached struct {
	ID      community.ID   `json:"id"`
	Text    string         `json:"text"`
	Starts  moment         `json:"starts_at"`
	Ends    moment         `json:"ends_at"`
	Gap     int            `json:"gap_days"`
	PerDay  int            `json:"per_day"`
	Stopped moment         `json:"stopped_at"`
	Counts  map[string]int `json:"counts"`
}

func reachedOf(r tier.Reach) reached {
	return reached{r.ID, r.Text, moment(r.Starts), moment(r.Ends), r.Gap, r.PerDay, moment(r.Stopped), r.Counts}
}

func giftLines() []line {
	area := community.AreaPeople
	tiers := func(c *call) TierGifts { return room(c, c.a.deps.Rooms.Tiers) }
	return []line{
		on("getBenefit", "GET /benefits/{id}", "What a tier gets", area, []string{"GET /tiers/benefits/{id}"}, func(c *call, in *byID) (gift, error) {
			b, err := tiers(c).Benefit(c.ctx(), in.ID)
			return giftOf(b), err
		}),
		admin(on("addBenefit", "POST /groups/{id}/benefits", "Give a tier something", area, []string{"POST /tiers/benefits", "POST /tiers/benefits/usual"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Tier  tier.Tier `json:"tier" enum:"core,normal,lurker"`
				Name  string    `json:"name" minLength:"1" maxLength:"60"`
				Means string    `json:"means,omitempty" maxLength:"500"`
			}
		}, g community.GroupRow) (gift, error) {
			b, err := tiers(c).AddBenefit(c.ctx(), c.who(), tier.Benefit{Group: g.Key, Tier: in.Body.Tier, Name: in.Body.Name, Means: in.Body.Means})
			return giftOf(b), err
		}))),
		admin(on("endBenefit", "POST /benefits/{id}/end", "Give it no longer", area, []string{"POST /tiers/benefits/end"}, func(c *call, in *undoOrder) (none, error) {
			return did(tiers(c).EndBenefit(c.ctx(), c.who(), in.ID, in.Body.Reason))
		})),
		on("listReaches", "GET /groups/{id}/reaches", "Plans of messages to lurkers of a group", area, []string{"GET /tiers/reach"}, inGroup(func(c *call, in *byID, g community.GroupRow) (list[reached], error) {
			rows, err := tiers(c).Reaches(c.ctx(), g.Key)
			return whole(rows, reachedOf), err
		})),
		on("getReach", "GET /reaches/{id}", "One plan of messages to lurkers", area, []string{"GET /tiers/reach/{id}"}, func(c *call, in *byID) (reached, error) {
			r, _, err := tiers(c).Souls(c.ctx(), in.ID)
			return reachedOf(r), err
		}),
		admin(on("addReach", "POST /groups/{id}/reaches", "Plan messages to lurkers, one to each", area, []string{"POST /tiers/reach"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Text   string `json:"text" minLength:"1" maxLength:"2000"`
				Starts moment `json:"starts_at"`
				Ends   moment `json:"ends_at"`
				Gap    int    `json:"gap_days" minimum:"1" maximum:"365" doc:"between two messages to one member"`
				PerDay int    `json:"per_day" minimum:"1" maximum:"1000"`
			}
		}, g community.GroupRow) (reached, error) {
			b := in.Body
			r, err := tiers(c).AddReach(c.ctx(), c.who(), tier.Reach{Group: g.Key, Text: b.Text, Starts: int64(b.Starts), Ends: int64(b.Ends), Gap: b.Gap, PerDay: b.PerDay})
			return reachedOf(r), err
		}))),
		on("stopReach", "POST /reaches/{id}/stop", "Speak to nobody more by a plan", area, []string{"POST /tiers/reach/stop"}, func(c *call, in *undoOrder) (none, error) {
			return did(tiers(c).StopReach(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("declineReach", "POST /groups/{id}/reaches/decline", "A member wants no more of it", area, []string{"POST /tiers/reach/decline"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Member community.ID `json:"member"`
				Because
			}
		}, g community.GroupRow) (none, error) {
			return did(tiers(c).Decline(c.ctx(), c.who(), g.Key, in.Body.Member, in.Body.Reason))
		})),
	}
}

// looked is an experiment with what may be said of it now.
type looked struct {
	Trial
	Result experiment.Result `json:"result"`
}

// planned is what an experiment needs.
type planned struct {
	Plan experiment.Definition `json:"plan" doc:"with what one's own past says filled in"`
	Need experiment.Need       `json:"need"`
}

// sopSaid is an SOP as it is written.
type sopSaid struct {
	Name  string      `json:"name" minLength:"1" maxLength:"60"`
	Steps []plan.Step `json:"steps" minItems:"1" maxItems:"100"`
	Force string      `json:"force,omitempty" maxLength:"500" doc:"why, although the link check would stop it"`
	Aims
	Maybe
}

// stepFault is what is wrong with a step.
type stepFault struct {
	Step   int    `json:"step" doc:"from 0"`
	Rule   string `json:"rule"`
	Found  string `json:"found"`
	Refuse bool   `json:"refuse" doc:"it cannot be saved so"`
	Reason string `json:"reason"`
}

func writtenLines() []line {
	content, insight := community.AreaContent, community.AreaInsight
	steps := func(c *call) Steps { return room(c, c.a.deps.Rooms.Plans) }
	trials := func(c *call) Trials { return room(c, c.a.deps.Rooms.Experiments) }
	return []line{
		on("addSOP", "POST /sops", "Write an SOP", content, []string{"POST /sops"}, func(c *call, in *struct{ Body sopSaid }) (sop, error) {
			s, err := steps(c).SaveSOP(c.aimed(in.Body.Aims), c.who(), plan.SOP{Name: in.Body.Name, Steps: in.Body.Steps, Force: in.Body.Force}, in.Body.Reason)
			return sopOf(s), err
		}),
		on("setSOP", "PUT /sops/{id}", "Write an SOP anew: its next version", content, []string{"POST /sops"}, func(c *call, in *struct {
			byID
			Body sopSaid
		}) (sop, error) {
			s, err := room(c, c.a.deps.Rooms.Plans).SOP(c.ctx(), in.ID)
			if err != nil {
				return sop{}, err
			}
			s.Name, s.Steps, s.Force = in.Body.Name, in.Body.Steps, in.Body.Force
			s, err = steps(c).SaveSOP(c.aimed(in.Body.Aims), c.who(), s, in.Body.Reason)
			return sopOf(s), err
		}),
		on("checkSOP", "POST /sops/check", "What is wrong with steps; nothing is kept", content, []string{"POST /sops/check"}, func(c *call, in *struct{ Body sopSaid }) (list[stepFault], error) {
			found, err := steps(c).CheckSOP(c.ctx(), plan.SOP{Name: in.Body.Name, Steps: in.Body.Steps})
			return whole(found, func(f plan.StepFinding) stepFault { return stepFault{f.Step, f.Rule, f.Found, f.Refuse, f.Reason[1]} }), err
		}),
		on("getExperiment", "GET /experiments/{id}", "An experiment, and what may be said of it now", insight, []string{"GET /experiments/{id}"}, func(c *call, in *byID) (looked, error) {
			row, result, err := trials(c).Look(c.ctx(), in.ID)
			return looked{trialOf(row), result}, err
		}),
		on("planExperiment", "POST /experiments/plan", "What an experiment needs; nothing is kept", insight, []string{"POST /experiments/plan"}, func(c *call, in *struct{ Body experiment.Definition }) (planned, error) {
			d, need, err := trials(c).Plan(c.ctx(), in.Body)
			return planned{d, need}, err
		}),
		on("addExperiment", "POST /experiments", "Keep an experiment as a draft", insight, []string{"POST /experiments"}, func(c *call, in *struct {
			Body struct {
				Plan experiment.Definition `json:"plan"`
				Maybe
			}
		}) (Trial, error) {
			row, err := trials(c).Save(c.ctx(), c.who(), experiment.Row{Definition: in.Body.Plan}, in.Body.Reason)
			return trialOf(row), err
		}),
	}
}
