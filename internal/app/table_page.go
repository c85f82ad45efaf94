package app

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/h5"
	"qunluo/internal/table"
)

// passTable is the purpose of links by which members see or edit a shared table: the table, a member (0 = everybody), and the count of its links; with an end.
const passTable = "table"

// tableLinkLives is how long such a link can be used.
const tableLinkLives = 180 * 24 * time.Hour

// sharedPages is what the public pages of shared tables ask.
type sharedPages struct{ app *App }

// tableWho is what a member who is in the table's group is called. CodeNotFound: they are not there, or no longer.
func (a *App) tableWho(ctx context.Context, v table.Table, m community.MemberKey) (string, error) {
	places, err := a.store.For(community.Scope{Org: v.Org}).Memberships(ctx, m)
	if err != nil {
		return "", err
	}
	for _, at := range places {
		if v.Group != 0 && at.Group != v.Group || at.LeftAt != 0 {
			continue
		}
		if at.Card != "" {
			return at.Card, nil
		}
		return at.Name, nil
	}
	return "", community.Errorf(community.CodeNotFound, "member %d: not there", m)
}

// open reads a link. CodeNotFound: it was not made here, only staff see the table, or the member is gone. CodeLate: its time is over, it was made anew, or the table was put away.
func (p sharedPages) open(ctx context.Context, link string) (v table.Table, m community.MemberKey, name string, err error) {
	of, err := p.app.timedOf(ctx, link, passTable, 3)
	if err != nil {
		return v, 0, "", err
	}
	if v, err = p.app.store.TableByKey(ctx, of[0]); err != nil {
		return v, 0, "", err
	}
	if err := mayShow(v, of[2]); err != nil {
		return v, 0, "", err
	}
	if m = community.MemberKey(of[1]); m != 0 {
		name, err = p.app.tableWho(ctx, v, m)
	}
	return v, m, name, err
}

func mayShow(v table.Table, link int64) error {
	switch {
	case v.Access == table.StaffOnly:
		return community.Errorf(community.CodeNotFound, "only staff see the table")
	case v.Link != link || v.Closed != 0:
		return community.Errorf(community.CodeLate, "the link is over")
	}
	return nil
}

// Table gives what a link shows.
func (p sharedPages) Table(ctx context.Context, link string) (h5.SharedTable, error) {
	v, m, name, err := p.open(ctx, link)
	if err != nil {
		return h5.SharedTable{}, err
	}
	head, rows, err := p.app.store.TableRows(ctx, v.Key)
	v.Head = head
	return h5.SharedTable{Table: v, Rows: rows, Name: name, Guest: m == 0, Edits: v.Access == table.MembersEdit}, err
}

// Edit keeps edits by whoever holds a link; name is what a guest calls themselves. CodeForbidden: the link only shows; CodeBadInput: a guest without a name.
func (p sharedPages) Edit(ctx context.Context, link, name string, list []table.Edit) ([]table.Edit, []table.Row, error) {
	v, m, _, err := p.open(ctx, link)
	if err != nil {
		return nil, nil, err
	}
	by := tableMember + strconv.FormatInt(int64(m), 10)
	if m == 0 {
		name = strings.Join(strings.Fields(name), " ")
		if name == "" || utf8.RuneCountInString(name) > table.MaxName {
			return nil, nil, table.Fault(community.CodeBadInput, "请写上你的名字（最多 40 个字）。", "please give your name (at most 40 characters)")
		}
		by = tableGuest + name
	}
	return p.app.editTable(ctx, v.Key, by, list, func(now table.Table) error {
		if err := mayShow(now, v.Link); err != nil {
			return err
		}
		if now.Access != table.MembersEdit {
			return community.Errorf(community.CodeForbidden, "this link only shows")
		}
		return nil
	})
}
