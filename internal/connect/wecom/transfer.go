package wecom

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

// transferBatch is how many groups or contacts one call hands over.
const transferBatch = 100

func transferChores() []chore {
	from, to := field("from", "原员工 userid", "From (userid)", true), field("to", "接替员工 userid", "To (userid)", true)
	return []chore{
		{connect.Chore{Name: "transfer.groups", Changes: true, Title: [2]string{"离职继承：客户群", "Hand groups over"},
			Help:   [2]string{"把离职群主的客户群交给接替人；不填群就是他的全部。失败的会逐个列出。", "Groups of an owner who left go to another; no groups = all of theirs. Failures are listed."},
			Fields: []connect.Field{from, to, helped(field("groups", "客户群编号", "Groups", false), "用逗号分开。", "With commas.")}}, (*Session).transferGroups},
		{connect.Chore{Name: "transfer.contacts", Changes: true, Title: [2]string{"继承客户", "Hand contacts over"},
			Help: [2]string{"不填客户就是他的全部。客户 24 小时内没有拒绝才算转成。", "No contacts = all of theirs. A contact who does not refuse within 24 hours is handed over."},
			Fields: []connect.Field{from, to, helped(field("contacts", "客户编号", "Contacts", false), "用逗号分开。", "With commas."),
				{Name: "left", Kind: connect.KindBool, Default: "true", Title: [2]string{"原员工已离职", "They have left the company"}}}}, (*Session).transferContacts},
	}
}

// failure is one that could not be handed over.
type failure struct {
	Chat    string `json:"chat_id"`
	Contact string `json:"external_userid"`
	Errcode int    `json:"errcode"`
	Errmsg  string `json:"errmsg"`
}

func (f failure) row() []string {
	words := meaningOf(f.Errcode, wxapi.Clip(f.Errmsg, 300)).Say
	return []string{f.Chat + f.Contact, strconv.Itoa(f.Errcode), words[0] + " · " + words[1]}
}

// handed says what came of a hand-over. Batches that were not tried or not answered are listed as such: none is silent.
func handed(total int, failures []failure, open []string) connect.Outcome {
	out := connect.Outcome{
		Columns: [][2]string{{"没有转成的", "Not handed over"}, {"错误码", "Errcode"}, {"原因", "Why"}},
		Say: [2]string{fmt.Sprintf("共 %d 个，转出 %d 个，失败 %d 个，结果未知 %d 个。", total, total-len(failures)-len(open), len(failures), len(open)),
			fmt.Sprintf("%d in all: %d handed over, %d failed, %d of unknown outcome.", total, total-len(failures)-len(open), len(failures), len(open))},
	}
	for _, f := range failures {
		out.Rows = append(out.Rows, f.row())
	}
	for _, id := range open {
		out.Rows = append(out.Rows, []string{id, "", "没有回音，结果未知；请稍后再看 · no answer, outcome unknown; look again later"})
	}
	return out
}

// inBatches hands over batch by batch; what is refused or not answered is listed and the rest goes on.
func inBatches(all []string, do func(batch []string) ([]failure, error)) connect.Outcome {
	var failures []failure
	var open []string
	for batch := range slices.Chunk(all, transferBatch) {
		failed, err := do(batch)
		failures = append(failures, failed...)
		r := wxapi.RefusalIn(err)
		switch {
		case err == nil:
		case r != nil:
			for _, id := range batch {
				failures = append(failures, failure{Chat: id, Errcode: r.Errcode, Errmsg: r.Text})
			}
		case community.CodeOf(err) == community.CodeUnreachable:
			for _, id := range batch {
				failures = append(failures, failure{Chat: id, Errmsg: err.Error()})
			}
		default:
			open = append(open, batch...)
		}
	}
	return handed(len(all), failures, open)
}

func (s *Session) transferGroups(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	chats, err := ids(args["groups"], maxMassGroups)
	if err == nil && len(chats) == 0 {
		chats, err = s.chatIDs(ctx, []string{args["from"]})
	}
	if err != nil {
		return connect.Outcome{}, err
	}
	if len(chats) == 0 {
		return connect.Outcome{}, community.Errorf(community.CodeNotFound, "employee %q owns no group that the app may see", wxapi.Clip(args["from"], 64))
	}
	if err := s.keepHanding(ctx, handing{From: args["from"], To: args["to"], Groups: chats}); err != nil { // the wish first: a lost answer is followed too
		return connect.Outcome{}, err
	}
	return inBatches(chats, func(batch []string) ([]failure, error) {
		var got struct {
			Failed []failure `json:"failed_chat_list"`
		}
		body := map[string]any{"chat_id_list": batch, "new_owner": args["to"]}
		err := s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/groupchat/transfer", body, &got) })
		return got.Failed, err
	}), nil
}

func (s *Session) transferContacts(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	contacts, err := ids(args["contacts"], maxContacts)
	if err != nil {
		return connect.Outcome{}, err
	}
	if len(contacts) == 0 {
		list, err := s.customers(ctx, args["from"])
		if err != nil {
			return connect.Outcome{}, err
		}
		for _, c := range list {
			contacts = append(contacts, c.Contact.ID)
		}
	}
	if len(contacts) == 0 {
		return connect.Outcome{}, community.Errorf(community.CodeNotFound, "employee %q has no contacts", wxapi.Clip(args["from"], 64))
	}
	if err := s.keepHanding(ctx, handing{From: args["from"], To: args["to"], Left: args.Bool("left")}); err != nil {
		return connect.Outcome{}, err
	}
	path := "externalcontact/transfer_customer"
	if args.Bool("left") {
		path = "externalcontact/resigned/transfer_customer"
	}
	return inBatches(contacts, func(batch []string) ([]failure, error) {
		var got struct {
			List []failure `json:"customer"`
		}
		body := map[string]any{"handover_userid": args["from"], "takeover_userid": args["to"], "external_userid": batch}
		err := s.ask(ctx, func() error { return s.api.Write(ctx, path, body, &got) })
		return slices.DeleteFunc(got.List, func(f failure) bool { return f.Errcode == 0 }), err
	}), nil
}
