package app

import (
	"context"
	"strconv"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/duty"
	"qunluo/internal/i18n"
	"qunluo/internal/notify"
	"qunluo/internal/safehttp"
)

// teller tells people on duty about alarms, by the ways that each of them set.
type teller struct {
	app   *App
	words *i18n.Catalogue
	mail  *notify.Mailer
	hooks *notify.Hooks
	by    map[string]func(ctx context.Context, n notice) error

	mu  sync.Mutex
	key []byte // of capabilities
}

// notice is what one person is told by one way.
type notice struct {
	notify.Message
	org    community.OrgKey
	way    duty.Way
	until  int64  // when it counts as not acknowledged
	public string // address without a way in, for places that others read
}

func newTeller(a *App) (*teller, error) {
	words, err := i18n.New()
	if err != nil {
		return nil, err
	}
	m := a.cfg.Mail
	t := &teller{app: a, words: words,
		mail:  &notify.Mailer{Host: m.Host, From: m.From, User: m.User, Password: m.Password, TLS: m.TLS},
		hooks: &notify.Hooks{Client: safehttp.New(a.cfg.Notify.Allow)}}
	t.by = map[string]func(context.Context, notice) error{
		duty.ByMail: t.byMail, duty.ByWebhook: t.byWebhook, duty.ByGroup: t.byGroup, duty.ByWeCom: t.byWeCom,
	}
	return t, nil
}

// tell tells one person by the first of their ways that works, and says in steps what came of each. until is when it
// counts as not acknowledged.
func (t *teller) tell(ctx context.Context, al duty.Alarm, user string, until int64) []duty.Step {
	ways, err := t.app.store.Ways(ctx, user)
	if err != nil {
		return []duty.Step{t.failed(user, "", err)}
	}
	if len(ways) == 0 {
		return []duty.Step{{At: t.app.millis(), What: duty.Failed, User: user, Note: duty.NoWay}}
	}
	var steps []duty.Step
	for _, way := range ways {
		n, err := t.notice(ctx, al, user, way, until)
		if err == nil {
			err = t.by[way.Kind](ctx, n)
		}
		if err == nil {
			return append(steps, duty.Step{At: t.app.millis(), What: duty.Told, User: user, Way: way.Kind})
		}
		steps = append(steps, t.failed(user, way.Kind, err))
	}
	return steps
}

// maxWhy bounds the reason of a failed way, in bytes.
const maxWhy = 200

func (t *teller) failed(user, way string, err error) duty.Step {
	why := string(community.CodeOf(err)) + ": " + err.Error()
	if len(why) > maxWhy {
		why = why[:maxWhy]
	}
	return duty.Step{At: t.app.millis(), What: duty.Failed, User: user, Way: way, Note: why}
}

// notice puts the words for one person together, with a link that lets them in once.
func (t *teller) notice(ctx context.Context, al duty.Alarm, user string, way duty.Way, until int64) (notice, error) {
	id, err := community.ParseID(user)
	if err != nil {
		return notice{}, err
	}
	u, err := t.app.store.UserByID(ctx, id)
	if err != nil {
		return notice{}, err
	}
	link, err := t.app.phoneLink(ctx, u)
	if err != nil {
		return notice{}, err
	}
	w := t.words.In(u.Lang)
	what, err := t.what(ctx, w, al)
	if err != nil {
		return notice{}, err
	}
	roster, err := t.app.store.Roster(ctx, al.Org)
	if err != nil {
		return notice{}, err
	}
	n := notice{org: al.Org, way: way, until: until, public: t.app.base() + "/m"}
	n.ID = al.ID.String() + "." + strconv.Itoa(len(al.Steps))
	n.At, n.Title, n.URL = al.Opened, w.T("notice.title", "what", what), link
	n.Text = w.T("notice.text", "what", what, "until", time.UnixMilli(until).In(roster.Zone).Format("15:04"))
	n.Data = map[string]any{"alarm": al.ID.String(), "kind": al.Kind, "subject": al.Subject, "opened": al.Opened, "due": al.Due, "acknowledge_until": until, "user": user}
	return n, nil
}

// what says in one sentence what an alarm is about.
func (t *teller) what(ctx context.Context, w *i18n.Words, al duty.Alarm) (string, error) {
	if al.Kind != duty.KindTask {
		if key, args, ok := al.Says(); ok {
			return w.T(key, args...), nil
		}
		return w.T("alarm.what."+al.Kind, "name", t.app.accountName(ctx, al.Account), "detail", al.Detail), nil
	}
	id, err := community.ParseID(al.Subject[len("task:"):])
	if err != nil {
		return "", err
	}
	k, err := t.app.store.For(community.Scope{Org: al.Org}).TaskByID(ctx, id)
	if err != nil {
		return "", err
	}
	target := k.TargetName
	if target == "" {
		target = k.TargetRef
	}
	group, n := k.Place()
	if n > 1 {
		group = w.T("task.groups_of", "group", group, "num", n)
	}
	return w.T("what."+string(k.Verb), "group", group, "target", target, "t", w.Seconds(k.Action.Seconds)), nil
}

func (a *App) accountName(ctx context.Context, key community.AccountKey) string {
	accounts, err := a.store.AllAccounts(ctx)
	if err != nil {
		return ""
	}
	for _, one := range accounts {
		if one.Key == key {
			return one.Name
		}
	}
	return ""
}

func (t *teller) byMail(ctx context.Context, n notice) error {
	return t.mail.Send(ctx, n.way.Address, n.Message)
}

func (t *teller) byWebhook(ctx context.Context, n notice) error {
	return t.hooks.Post(ctx, n.way.Address, n.way.Secret, "alarm", n.Message, t.app.millis())
}

// byGroup sends a message to one of our groups, through the belt. A group where no connection can send is no way: it
// would only make another task. The link that lets a person in is not for others to read.
func (t *teller) byGroup(ctx context.Context, n notice) error {
	id, err := community.ParseID(n.way.Address)
	if err != nil {
		return err
	}
	g, err := t.app.store.For(community.Scope{Org: n.org}).GroupByID(ctx, id)
	if err != nil {
		return err
	}
	if !t.sends(ctx, g) {
		return community.Errorf(community.CodeUnsupported, "no connection can send to the group now")
	}
	p := community.PersonDecision{Kind: "act", User: "system", Reason: "alarm", Actions: []community.Action{{
		Verb: community.Send, Group: g.Key, Text: n.Text + "\n" + n.public, Rule: community.NoticeRule, Deadline: n.until,
	}}}
	_, err = t.app.engine.DecideOnce(ctx, g.Key, "notice:"+n.ID, p, community.Audit{Org: n.org, User: "system", Verb: "alarm.tell", Subject: "group:" + g.ID.String()})
	return err
}

func (t *teller) sends(ctx context.Context, g community.GroupRow) bool {
	for _, key := range g.Accounts {
		able, err := t.app.wires.Abilities(ctx, key, g.Key)
		if err == nil && t.app.wires.session(key) != nil && able.Level(community.Send) == community.Native {
			return true
		}
	}
	return false
}

// byWeCom asks every living session that can tell people of our own; the first that does is enough.
func (t *teller) byWeCom(ctx context.Context, n notice) error {
	err := error(community.Errorf(community.CodeUnsupported, "no 企业微信 connection that sends app messages"))
	for _, one := range t.app.wires.running() {
		if s, ok := one.session.(connect.Notifier); ok && one.account.Org == n.org {
			if err = s.Notify(ctx, n.way.Address, n.Title, n.Text, n.URL); err == nil {
				return nil
			}
		}
	}
	return err
}
