package store

import (
	"context"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// What bots say is no part of figures (methods.md §0.3), past days included. So their words are kept apart in each day,
// and when a person says that a member is a bot, or is none, the member's words of all days are moved over.

// readMarks learns which members are marked, and moves the words of those whose mark changed. It is called before the
// events of a batch: the log and the registry are of one moment.
func (f *figures) readMarks(ctx context.Context) error {
	if f.marks == nil {
		kept, err := f.marksOf(ctx, `SELECT member_key, bot FROM views.marked`)
		if err != nil {
			return err
		}
		f.marks = kept
	}
	now, err := f.marksOf(ctx, `SELECT key, bot FROM member WHERE bot OR mark <> ''`)
	if err != nil {
		return err
	}
	for _, m := range sortedKeys(now) {
		if bot, known := f.marks[m]; known && bot == now[m] {
			continue
		}
		if err := f.mark(ctx, m, now[m]); err != nil {
			return fmt.Errorf("mark of member %d: %w", m, err)
		}
	}
	return nil
}

// marksOf reads members with whether they are bots.
func (f *figures) marksOf(ctx context.Context, query string) (map[community.MemberKey]bool, error) {
	rows, err := f.t.query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	marks := map[community.MemberKey]bool{}
	for rows.Next() {
		var m int64
		var bot bool
		if err := rows.Scan(&m, &bot); err != nil {
			return nil, err
		}
		marks[community.MemberKey(m)] = bot
	}
	return marks, rows.Err()
}

// mark makes a member count as a bot, or as a person whatever the platform says, in every group they are on record in.
func (f *figures) mark(ctx context.Context, m community.MemberKey, bot bool) error {
	was, marked := f.marks[m]
	f.marks[m] = bot
	_, err := f.t.exec(ctx, `INSERT INTO views.marked (member_key, bot) VALUES ($1, $2) ON CONFLICT (member_key) DO UPDATE SET bot = excluded.bot`, int64(m), bot)
	if err != nil {
		return err
	}
	rows, err := f.t.query(ctx, `SELECT group_key FROM views.people WHERE member_key = $1 ORDER BY group_key`, int64(m))
	if err != nil {
		return err
	}
	groups, err := ints(rows)
	if err != nil {
		return err
	}
	for _, key := range groups {
		g, err := f.group(ctx, community.GroupKey(key))
		if err != nil {
			return err
		}
		p, err := f.person(ctx, g, m)
		if err != nil {
			return err
		}
		p.setOurs(f.isOurs(p))
		if err := f.move(ctx, g, m, bot); err != nil {
			return err
		}
		counted := func(role community.Role) bool { return !(marked && was || !marked && role == community.RoleBot) }
		if err := f.moveRecalled(ctx, g, m, counted, !bot); err != nil {
			return err
		}
	}
	return nil
}

// isBot reports whether a member's words count as a bot's; said is the role that the words came with.
func (f *figures) isBot(m community.MemberKey, said community.Role) bool {
	if bot, marked := f.marks[m]; marked {
		return bot
	}
	return said == community.RoleBot
}

// isOurs reports whether a person is no member that one waits for: an own account, or a bot.
func (f *figures) isOurs(p *person) bool {
	return p.role == community.RoleSelf || f.isBot(p.key.member, p.role)
}

// move takes a member's words in a group out of the counts and puts them apart, or back.
func (f *figures) move(ctx context.Context, g *groupFact, m community.MemberKey, apart bool) error {
	from, by := "apart", int64(1)
	if apart {
		from, by = "detail", -1
	}
	rows, err := f.t.query(ctx, `SELECT day, `+from+` FROM views.group_day WHERE group_key = $1 ORDER BY day`, int64(g.key))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var day measure.Day
		var raw []byte
		if err := rows.Scan((*int64)(&day), &raw); err != nil {
			return err
		}
		list, err := decodeSpeech(raw)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(s measure.Speech) bool { return s.Member == m })
		if i < 0 {
			continue
		}
		d := f.day(g.key, day)
		for _, c := range list[i].Cells {
			d.say(m, c.Class, c.Hour, by*c.Count)
			d.aside(m, c.Class, c.Hour, -by*c.Count)
			g.messages += by * c.Count
			g.dirty = true
		}
	}
	return rows.Err()
}

// moveRecalled counts a member's recalled messages from now on, or no longer. counted says which of them, by the role they
// came with, were counted before.
func (f *figures) moveRecalled(ctx context.Context, g *groupFact, m community.MemberKey, counted func(community.Role) bool, count bool) error {
	rows, err := f.t.query(ctx, `SELECT `+eventOf+` FROM views.recalled r JOIN event e ON e.number = r.number WHERE r.group_key = $1 AND e.actor_key = $2`,
		int64(g.key), int64(m))
	if err != nil {
		return err
	}
	said, err := scanEvents(rows)
	for i := range said {
		ev := &said[i]
		if !content(ev) || counted(ev.Body.Role) == count {
			continue
		}
		day, _ := measure.DayOf(ev.OccurredAt, g.zone)
		f.day(g.key, day).recalled += map[bool]int64{true: 1, false: -1}[count]
	}
	return err
}
