package wecom

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

const (
	deskEach     = time.Hour      // how often it is looked whether a desk is due
	deskFresh    = 24 * time.Hour // how long a reading of contacts is good
	maxContacts  = 50_000         // of one employee
	contactBatch = 100
)

// customer is a contact of one employee.
type customer struct {
	Contact struct {
		ID    string `json:"external_userid"`
		Name  string `json:"name"`
		Union string `json:"unionid"`
	} `json:"external_contact"`
	Follow struct {
		UserID  string   `json:"userid"`
		Remark  string   `json:"remark"`
		Created int64    `json:"createtime"`
		Tags    []string `json:"tag_id"`
		State   string   `json:"state"`
		Way     int      `json:"add_way"`
	} `json:"follow_info"`
}

// customers reads everybody an employee has added.
func (s *Session) customers(ctx context.Context, employee string) ([]customer, error) {
	body := map[string]any{"userid_list": []string{employee}, "limit": contactBatch}
	all, err := paged(ctx, s, "externalcontact/batch/get_by_user", body, func(raw []byte) ([]customer, error) {
		var got struct {
			List []customer `json:"external_contact_list"`
		}
		return got.List, json.Unmarshal(raw, &got)
	})
	if r := wxapi.RefusalIn(err); r != nil && r.Errcode == 84061 {
		return nil, nil // nobody yet
	}
	if len(all) > maxContacts {
		return nil, community.Errorf(community.CodeTooLarge, "%s has more than %d contacts", employee, maxContacts)
	}
	return all, err
}

// watchDesks reads the contacts of every employee once a day, and the reactions to moments every hour.
func (s *Session) watchDesks(ctx context.Context) {
	if !s.contacts {
		return
	}
	for pause := time.Minute; sleep(ctx, pause); pause = deskEach {
		if err := s.readDesks(ctx, false); err != nil && ctx.Err() == nil {
			s.ail(chores, err, say(err))
		}
		if err := s.readMoments(ctx, time.Now().Add(-momentsBack)); err != nil && ctx.Err() == nil {
			s.ail(chores, err, say(err))
		}
	}
}

// readDesks reads the contacts of the employees whose last reading is a day old, or of all.
func (s *Session) readDesks(ctx context.Context, all bool) error {
	employees, err := s.followers(ctx)
	if err != nil {
		return err
	}
	kept, err := s.keeper.Kept(ctx, "desks")
	if err != nil {
		return err
	}
	read := map[string]int64{}
	if raw, ok := kept["desks"]; ok && json.Unmarshal(raw, &read) != nil {
		read = map[string]int64{}
	}
	for _, employee := range employees {
		if employee == "" || len(employee) > maxID || !all && time.Since(time.UnixMilli(read[employee])) < deskFresh {
			continue
		}
		if err := s.readDesk(ctx, employee, all); err != nil {
			return err
		}
		read[employee] = time.Now().UnixMilli()
		raw, err := json.Marshal(read)
		if err != nil {
			return err
		}
		if err := s.keeper.Keep(ctx, "desks", raw); err != nil {
			return err
		}
	}
	return nil
}

// readDesk reads one employee's contacts and tells the list, which also ends the relations that are no more. Tags that
// were changed on one side only are carried to the other. A list that is and was empty is told only when asked for (told).
func (s *Session) readDesk(ctx context.Context, employee string, told bool) error {
	list, err := s.customers(ctx, employee)
	if err != nil {
		return err
	}
	if len(list) == 0 && !told {
		if had, err := s.keeper.Kept(ctx, peopledName+employee); err != nil || len(had) == 0 {
			return err
		}
	}
	people := make([]community.Who, 0, len(list))
	names, err := s.namesOfTags(ctx, list)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.Contact.ID == "" || len(c.Contact.ID) > maxID {
			continue
		}
		people = append(people, community.Who{ID: c.Contact.ID, Name: wxapi.Clip(c.Contact.Name, maxName), Card: wxapi.Clip(c.Follow.Remark, maxName), Role: community.RoleMember,
			Union: wxapi.Clip(c.Contact.Union, maxID), Tags: named(c.Follow.Tags, names),
			JoinedAt: max(c.Follow.Created, 0) * 1000, Scene: "contact", State: wxapi.Clip(c.Follow.State, maxState)})
	}
	in, err := connect.RosterEvent(desk(s.corp, employee), people, time.Now().UnixMilli(), community.ID{})
	if err != nil {
		return err
	}
	if !s.offer(ctx, in) {
		return community.Errorf(community.CodeBusy, "contacts of %s: not taken", employee)
	}
	if err := s.keepPeopled(ctx, employee, len(list)); err != nil {
		return err
	}
	return s.matchTags(ctx, employee, list)
}

// peopledName begins the names under which it is kept that an employee had contacts.
const peopledName = "peopled/"

func (s *Session) keepPeopled(ctx context.Context, employee string, n int) error {
	if n == 0 {
		return s.keeper.Keep(ctx, peopledName+employee, nil)
	}
	return s.keeper.Keep(ctx, peopledName+employee, json.RawMessage("true"))
}

// namesOfTags reads what the corp's tags are called, where any contact of a list has one. An app that may not ask leaves
// contacts untagged.
func (s *Session) namesOfTags(ctx context.Context, list []customer) (map[string]string, error) {
	if !slices.ContainsFunc(list, func(c customer) bool { return len(c.Follow.Tags) > 0 }) {
		return nil, nil
	}
	names, _, err := s.tagNames(ctx)
	if wxapi.RefusalIn(err) != nil {
		return nil, nil
	}
	return names, err
}

// named are tags as people call them; those that the corp no longer has are left out.
func named(ids []string, names map[string]string) []string {
	var out []string
	for _, id := range ids {
		if name := wxapi.Clip(names[id], maxName); name != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// tagged is what a contact's tags are: as wanted here, and as both sides last agreed.
type tagged struct {
	Want   []string `json:"want"`
	Agreed []string `json:"agreed"`
}

// tags are the tagged contacts of one employee, kept as a whole.
func (s *Session) tags(ctx context.Context, employee string) (map[string]tagged, error) {
	kept, err := s.keeper.Kept(ctx, "tags/"+employee)
	if err != nil {
		return nil, err
	}
	out := map[string]tagged{}
	if raw, ok := kept["tags/"+employee]; ok {
		err = json.Unmarshal(raw, &out)
	}
	return out, err
}

func (s *Session) keepTags(ctx context.Context, employee string, all map[string]tagged) error {
	raw, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return s.keeper.Keep(ctx, "tags/"+employee, raw)
}

// drift is a contact whose tags here and there differ.
type drift struct {
	employee, contact, name string
	here, there             []string
	why                     string // "both", "ours", "gone"
}

// compare says what follows from a contact's tags on both sides: what to write there, or that both sides changed.
func compare(t tagged, known bool, there []string) (next tagged, push, clash bool) {
	slices.Sort(there)
	switch {
	case !known || slices.Equal(t.Want, there), slices.Equal(t.Want, t.Agreed): // new, agreeing, or changed there only
		return tagged{Want: there, Agreed: there}, false, false
	case slices.Equal(t.Agreed, there): // changed here only
		return t, true, false
	}
	return t, false, true
}

// matchTags carries tags over where one side changed.
func (s *Session) matchTags(ctx context.Context, employee string, list []customer) error {
	all, err := s.tags(ctx, employee)
	if err != nil {
		return err
	}
	changed := false
	for _, c := range list {
		was, known := all[c.Contact.ID]
		if !known && len(c.Follow.Tags) == 0 {
			continue
		}
		next, push, _ := compare(was, known, slices.Clone(c.Follow.Tags))
		if push {
			if err := s.markTags(ctx, employee, c.Contact.ID, was.Agreed, was.Want); err != nil {
				continue // it stays a drift, which the report shows
			}
			next.Agreed = next.Want
		}
		all[c.Contact.ID] = next
		changed = true
	}
	if !changed {
		return nil
	}
	return s.keepTags(ctx, employee, all)
}

// markTags changes a contact's tags there from one set to another.
func (s *Session) markTags(ctx context.Context, employee, contact string, from, to []string) error {
	body := map[string]any{"userid": employee, "external_userid": contact}
	if add := without(to, from); len(add) > 0 {
		body["add_tag"] = add
	}
	if drop := without(from, to); len(drop) > 0 {
		body["remove_tag"] = drop
	}
	if len(body) == 2 {
		return nil
	}
	return s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/mark_tag", body, nil) })
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return slices.Contains(drop, x) })
}

// drifts compares tags of every employee's contacts, changing nothing; unread are the employees who could not be read.
func (s *Session) drifts(ctx context.Context) (out []drift, looked int, unread []string, err error) {
	employees, err := s.followers(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	for _, employee := range employees {
		list, err := s.customers(ctx, employee)
		if ctx.Err() != nil {
			return nil, 0, nil, ctx.Err()
		}
		if err != nil {
			unread = append(unread, employee)
			continue
		}
		all, err := s.tags(ctx, employee)
		if err != nil {
			return nil, 0, nil, err
		}
		looked += len(list)
		out = append(out, driftsOf(employee, list, all)...)
	}
	return out, looked, unread, nil
}

func driftsOf(employee string, list []customer, all map[string]tagged) []drift {
	var out []drift
	seen := map[string]bool{}
	for _, c := range list {
		seen[c.Contact.ID] = true
		was, known := all[c.Contact.ID]
		there := slices.Sorted(slices.Values(c.Follow.Tags))
		if !known || slices.Equal(was.Want, there) {
			continue
		}
		why := "both"
		switch {
		case slices.Equal(was.Want, was.Agreed):
			why = "theirs"
		case slices.Equal(was.Agreed, there):
			why = "ours"
		}
		out = append(out, drift{employee, c.Contact.ID, c.Contact.Name, was.Want, there, why})
	}
	for id, was := range all {
		if !seen[id] && len(was.Want) > 0 {
			out = append(out, drift{employee, id, "", was.Want, nil, "gone"})
		}
	}
	slices.SortFunc(out, func(a, b drift) int { return strings.Compare(a.contact, b.contact) })
	return out
}

// tagNames are the corp's tags: by id "group / name", and by that or the bare name the id.
func (s *Session) tagNames(ctx context.Context) (byID, byName map[string]string, err error) {
	var got struct {
		Groups []struct {
			Name string `json:"group_name"`
			Tags []struct {
				ID, Name string
			} `json:"tag"`
		} `json:"tag_group"`
	}
	err = s.ask(ctx, func() error { return s.api.Read(ctx, "externalcontact/get_corp_tag_list", map[string]any{}, &got) })
	byID, byName = map[string]string{}, map[string]string{}
	for _, g := range got.Groups {
		for _, t := range g.Tags {
			full := g.Name + "/" + t.Name
			byID[t.ID], byName[full] = full, t.ID
			if _, twice := byName[t.Name]; twice {
				byName[t.Name] = "" // not to be told apart without its group
			} else {
				byName[t.Name] = t.ID
			}
		}
	}
	return byID, byName, err
}

func contactChores() []chore {
	employee, contact := field("employee", "员工 userid", "Employee (userid)", true), field("contact", "客户 external_userid", "Contact (external_userid)", true)
	names := "标签名，用逗号分开；重名时写“标签组/标签”。"
	english := "Names, with commas; write group/name where a name is there twice."
	return []chore{
		{connect.Chore{Name: "contact.read", Title: [2]string{"立即同步客户和标签", "Read contacts and tags now"}, Changes: true}, (*Session).contactRead},
		{connect.Chore{Name: "contact.remark", Changes: true, Title: [2]string{"改客户备注", "Change a contact's remark"},
			Help:   [2]string{"写到企业微信，再读回到这里。", "Written to WeCom, then read back here."},
			Fields: []connect.Field{employee, contact, field("remark", "备注", "Remark", false)}}, (*Session).contactRemark},
		{connect.Chore{Name: "tag.list", Title: [2]string{"企业标签", "Tags of the corp"}}, (*Session).tagList},
		{connect.Chore{Name: "tag.mark", Changes: true, Title: [2]string{"给客户打标签", "Tag a contact"},
			Fields: []connect.Field{employee, contact, helped(field("add", "加上", "Add", false), names, english), helped(field("remove", "去掉", "Take off", false), names, english)}}, (*Session).tagMark},
		{connect.Chore{Name: "tag.drift", Title: [2]string{"标签差异报告", "Drift of tags"},
			Help: [2]string{"这里和企业微信各是什么标签、为什么不一样；什么也不改。", "What the tags are here and there and why they differ; changes nothing."}}, (*Session).tagDrift},
		{connect.Chore{Name: "tag.settle", Changes: true, Title: [2]string{"以一边为准", "Settle a drift"},
			Fields: []connect.Field{employee, contact, {Name: "by", Kind: connect.KindChoice, Choices: []string{"here", "there"}, Default: "there", Required: true,
				Title: [2]string{"以哪边为准", "Which side holds"}}}}, (*Session).tagSettle},
	}
}

func (s *Session) contactRead(ctx context.Context, _ connect.Values) (connect.Outcome, error) {
	return connect.Outcome{Say: [2]string{"已同步。", "Contacts and tags are read."}}, s.readDesks(ctx, true)
}

func (s *Session) tagList(ctx context.Context, _ connect.Values) (connect.Outcome, error) {
	byID, _, err := s.tagNames(ctx)
	out := connect.Outcome{Columns: [][2]string{{"标签", "Tag"}, {"编号", "Id"}}}
	for id, name := range byID {
		out.Rows = append(out.Rows, []string{name, id})
	}
	slices.SortFunc(out.Rows, slices.Compare)
	out.Say = [2]string{fmt.Sprintf("共 %d 个标签。", len(out.Rows)), fmt.Sprintf("%d tags.", len(out.Rows))}
	return out, err
}

// tagIDs turns names into ids.
func tagIDs(text string, byName map[string]string) ([]string, error) {
	names := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，;；、\n", r) })
	var out []string
	for _, name := range names {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		id, ok := byName[name]
		switch {
		case !ok:
			return nil, community.Errorf(community.CodeNotFound, "tag %q: there is none", wxapi.Clip(name, 60))
		case id == "":
			return nil, community.Errorf(community.CodeBadInput, "tag %q is there more than once: write group/name", wxapi.Clip(name, 60))
		}
		out = append(out, id)
	}
	return out, nil
}

func (s *Session) tagMark(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	_, byName, err := s.tagNames(ctx)
	if err != nil {
		return connect.Outcome{}, err
	}
	add, err := tagIDs(args["add"], byName)
	if err != nil {
		return connect.Outcome{}, err
	}
	drop, err := tagIDs(args["remove"], byName)
	if err != nil {
		return connect.Outcome{}, err
	}
	all, err := s.tags(ctx, args["employee"])
	if err != nil {
		return connect.Outcome{}, err
	}
	t := all[args["contact"]]
	t.Want = slices.Compact(slices.Sorted(slices.Values(append(without(t.Want, drop), add...))))
	all[args["contact"]] = t
	if err := s.keepTags(ctx, args["employee"], all); err != nil { // the wish first: a lost answer leaves a drift, never nothing
		return connect.Outcome{}, err
	}
	body := map[string]any{"userid": args["employee"], "external_userid": args["contact"], "add_tag": add, "remove_tag": drop}
	if err := s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/mark_tag", body, nil) }); err != nil {
		return connect.Outcome{}, err
	}
	t.Agreed = t.Want
	all[args["contact"]] = t
	return connect.Outcome{Say: [2]string{"已打标签。", "The contact is tagged."}}, s.keepTags(ctx, args["employee"], all)
}

// driftWords say why tags differ.
var driftWords = map[string][2]string{
	"both": {"两边都改过，要人来定", "changed on both sides: somebody must decide"}, "theirs": {"企业微信那边改过，下次同步会带过来", "changed there: the next reading brings it over"},
	"ours": {"这边改过，还没写过去", "changed here and not yet written there"}, "gone": {"该员工已没有这个客户", "the employee no longer has this contact"},
}

func (s *Session) tagDrift(ctx context.Context, _ connect.Values) (connect.Outcome, error) {
	byID, _, err := s.tagNames(ctx)
	if err != nil {
		return connect.Outcome{}, err
	}
	list, _, unread, err := s.drifts(ctx)
	out := connect.Outcome{Columns: [][2]string{{"员工", "Employee"}, {"客户", "Contact"}, {"编号", "Id"}, {"这里", "Here"}, {"企业微信", "There"}, {"原因", "Why"}}}
	for _, d := range list {
		words := driftWords[d.why]
		out.Rows = append(out.Rows, []string{d.employee, d.name, d.contact, namesOf(d.here, byID), namesOf(d.there, byID), words[0] + " · " + words[1]})
		out.Acts = append(out.Acts, d.acts())
	}
	out.Say = [2]string{fmt.Sprintf("%d 处不一致。", len(list)), fmt.Sprintf("%d differences.", len(list))}
	if len(unread) > 0 {
		out.Say[0] += "没有读到：" + strings.Join(unread, "、") + "。"
		out.Say[1] += " Not read: " + strings.Join(unread, ", ") + "."
	}
	return out, err
}

// acts are the two ways to settle a drift; a contact that is gone can only be let go.
func (d drift) acts() []connect.Act {
	by := func(side, zh, en string) connect.Act {
		return connect.Act{Chore: "tag.settle", Title: [2]string{zh, en}, Args: map[string]string{"employee": d.employee, "contact": d.contact, "by": side}}
	}
	if d.why == "gone" {
		return []connect.Act{by("there", "去掉这里的", "Drop what is here")}
	}
	return []connect.Act{by("there", "以企业微信为准", "Take over from WeCom"), by("here", "写到企业微信", "Write to WeCom")}
}

// namesOf writes tags by name; one that is no longer in the corp's list by its id.
func namesOf(ids []string, byID map[string]string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		if names[i] = byID[id]; names[i] == "" {
			names[i] = id
		}
	}
	return strings.Join(names, ", ")
}

func (s *Session) tagSettle(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	employee, contact := args["employee"], args["contact"]
	list, err := s.customers(ctx, employee)
	if err != nil {
		return connect.Outcome{}, err
	}
	all, err := s.tags(ctx, employee)
	if err != nil {
		return connect.Outcome{}, err
	}
	i := slices.IndexFunc(list, func(c customer) bool { return c.Contact.ID == contact })
	if i < 0 {
		delete(all, contact)
		return connect.Outcome{Say: [2]string{"该员工已没有这个客户，这里的标签已去掉。", "The employee no longer has this contact; the tags here are dropped."}}, s.keepTags(ctx, employee, all)
	}
	there := slices.Sorted(slices.Values(list[i].Follow.Tags))
	if args["by"] == "here" {
		if err := s.markTags(ctx, employee, contact, there, all[contact].Want); err != nil {
			return connect.Outcome{}, err
		}
		there = all[contact].Want
	}
	all[contact] = tagged{Want: there, Agreed: there}
	return connect.Outcome{Say: [2]string{"两边一致了。", "Both sides agree."}}, s.keepTags(ctx, employee, all)
}
