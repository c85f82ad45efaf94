package measure

// Metric is a figure that pages and commands show. Its words (name, definition) stand in the catalogue under Area and Name; what is
// written here reads the same in every language.
type Metric struct {
	Area       string // activity, question, retention, board, bond, journey, …
	Name       string
	Formula    string
	Population string // Speakers, Roster, Present, Askings, Joiners, …
}

// GroupDays is the population of plain counts: what is on record of the groups asked for.
const GroupDays = "records"

// Stays is the population of curves of membership: stays whose beginning is on record.
const Stays = "stays"

// Populations of experiments and claims: who was given one of two ways; decisions that people looked at.
const (
	Given      = "given"
	Judgements = "judged"
)

// Areas are the areas of the metrics, in their order.
func Areas() (out []string) {
	for _, m := range Metrics() {
		if n := len(out); n == 0 || out[n-1] != m.Area {
			out = append(out, m.Area)
		}
	}
	return out
}

// Populations of figures of tiers.
const (
	Ranked      = "ranked"       // the roster without bots, own accounts and staff
	MemberWeeks = "member_weeks" // who is ranked at each decision
	TierWeeks   = "tier_weeks"   // weeks with at least 20 members
)

// Metrics lists every figure, in the order of its pages.
func Metrics() []Metric {
	return []Metric{
		{"activity", "messages", "#own messages", GroupDays},
		{"activity", "speakers", "#{member : ≥ 1 own message}", Speakers},
		{"activity", "wau", "#{speakers of d−6 … d}", Speakers},
		{"activity", "mau", "#{speakers of d−29 … d}", Speakers},
		{"activity", "joins", "#joinings", GroupDays},
		{"activity", "leaves", "#departures", GroupDays},
		{"activity", "recalled", "#recalled messages", GroupDays},
		{"activity", "mean_dau", "Σ DAU / covered days", Speakers},
		{"activity", "stickiness", "(Σ DAU of 30 days / 30) / MAU", Speakers},
		{"activity", "rate", "MAU / mean roster of 30 days", Roster},
		{"activity", "never", "members without a word / members", Present},
		{"activity", "gini", "2·Σ i·x₍ᵢ₎ / (n·Σx) − (n+1)/n", Speakers},
		{"activity", "top1", "messages of the top ⌈1 % · n⌉ / messages", Speakers},
		{"activity", "top10", "messages of the top ⌈10 % · n⌉ / messages", Speakers},
		{"activity", "once", "speakers with 1 message / speakers", Speakers},
		{"activity", "median", "x₍⌈n/2⌉₎", Speakers},
		{"activity", "p90", "x₍⌈0.9·n⌉₎", Speakers},
		{"question", "answered", "(certain + likely) / questions", Askings},
		{"question", "open", "questions − certain − likely", Askings},
		{"question", "certain", "#{question : reply or @}", Askings},
		{"question", "likely", "#{question : name or thread, and not certain}", Askings},
		{"question", "median", "min{t : S(t) ≤ 0.5}", Askings},
		{"question", "p90", "min{t : S(t) ≤ 0.1}", Askings},
		{"retention", "bounded", "active on day k / seen on day k", Joiners},
		{"retention", "unbounded", "active on day ≥ k / seen on day k", Joiners},
		{"retention", "w4", "active on days 22 … 28 / seen on all of them", Joiners},
		{"retention", "stay_median", "min{t : S(t) ≤ 0.5}, S(t) = Π (1 − dᵢ/nᵢ)", Stays},
		{"retention", "part_median", "min{t : S(t) ≤ 0.5}, S(t) = Π (1 − dᵢ/nᵢ)", Speakers},
		{"retention", "incidence", "CIF_k(t) = Σ S(tᵢ−)·d_kᵢ/nᵢ", Stays},
		{"retention", "logrank", "(O−E)ᵀ V⁻¹ (O−E), k − 1 df", Stays},
		{"retention", "rolling", "returning / (returning + dormant)", Speakers},
		{"retention", "new", "#{active in the week, never before}", Speakers},
		{"retention", "returning", "#{active in the week and in the week before}", Speakers},
		{"retention", "resurrecting", "#{active in the week and earlier, not in the week before}", Speakers},
		{"retention", "dormant", "#{active in the week before, not in the week}", Speakers},
		{"stage", "speakers", "S = Σ_{i<j} sgn(xⱼ−xᵢ), z = (S∓1)/√(Var·n/n*), x = speakers of 8 usable weeks", Speakers},
		{"stage", "messages", "S = Σ_{i<j} sgn(xⱼ−xᵢ), z = (S∓1)/√(Var·n/n*), x = messages of 8 usable weeks", GroupDays},
		{"stage", "sen", "median of (xⱼ−xᵢ)/(j−i)", Speakers},
		{"stage", "level", "median of 4 usable weeks / median of 26 weeks", Speakers},
		{"stage", "new_share", "Σ first-time speakers / Σ speakers of 8 usable weeks", Speakers},
		{"stage", "core", "Σ messages of the top ⌈10 %⌉ / Σ messages of the later 4 weeks", Speakers},
		{"stage", "kept", "Σ #{new in week w−4, active in w} / Σ #{new in week w−4}", Speakers},
		{"stage", "spam", "Σ messages hit and not found innocent / Σ messages, recalled ones included, of 8 usable weeks", GroupDays},
		{"stage", "warning", "Cₜ = max(0, Cₜ₋₁ + min(3, (m − yₜ)/s) − 0.75), y = 2·√(x+3/8)", Speakers},
		{"stage", "age", "days since the Monday of the first week on record", GroupDays},
		{"life", "entered", "first week w with alarm(weeks … w): decline or warning", Declining},
		{"life", "end", "min{d : no two-way talk on d−27 … d, ≥ 23 of them known}", Declining},
		{"life", "plain", "S(t) = Π (1 − dᵢ/nᵢ), at risk from entering decline until renewed", Declining},
		{"life", "renewed", "S(t) = Π (1 − dᵢ/nᵢ), at risk from the renewal on", Declining},
		{"life", "logrank", "(O−E)ᵀ V⁻¹ (O−E), 1 df, renewed counted from its day", Declining},
		{"format", "cost", "Σ cost of things / groups that each came to", GroupDays},
		{"format", "reach", "Σ reads told / Σ offered, of things all of whose groups are in the report", Offered},
		{"format", "answered", "Σ #{offered : spoke ≤ 2 h after, before the next; or voted} / Σ offered", Offered},
		{"format", "leaves", "Σ #{offered : left ≤ 24 h after} / Σ offered", Offered},
		{"format", "usual", "Σ departures / member-days of the 28 days before · offered", Offered},
		{"format", "liked", "votes for the format / votes of polls that name formats", GroupDays},
		{"format", "engaged", "#{e ∈ E : answered one of it} / #E, E = offered every compared format; Wilson, over groups of n/(1+(m−1)ρ) with t(K−1)", Offered},
		{"goal", "targets", "#{target : value ≥ or ≤ wanted over 7 or 30 complete days}", GroupDays},
		{"adjust", "diff", "mean after − mean before; Welch with n·(1−ρ)/(1+ρ), shares: Newcombe", GroupDays},
		{"adjust", "change", "median of (after − before) / before, of ≥ 5 reviewed", GroupDays},
		{"odd", "speakers", "|y − median| / max(1.4826·MAD, chance) > 4, y = 2·asin√(DAU/roster) or 2·√(DAU+3/8)", Roster},
		{"odd", "joins", "|y − median| / max(1.4826·MAD, 1) > 4, y = 2·√(x+3/8)", GroupDays},
		{"odd", "leaves", "(y − median) / max(1.4826·MAD, 1) > 4, y = 2·√(x+3/8)", GroupDays},
		{"odd", "complaints", "(y − median) / max(1.4826·MAD, chance) > 4, y = 2·asin√(reports/messages)", GroupDays},
		{"board", "acquisition", "#{member : first joining on these days}", Joiners},
		{"board", "activation", "heard within 7 days of joining / joined 7 days ago or longer", Joiners},
		{"board", "retention", "active on days 22 … 28 / seen on all of them", Joiners},
		{"board", "referral", "K = i · c = guests activated / members activated", Joiners},
		{"board", "revenue", "Σ payments − Σ refunds", GroupDays},
		{"bond", "edges", "#{(a, b) : a turned to b}", Pairs},
		{"bond", "reciprocity", "|{(a, b) ∈ E : (b, a) ∈ E}| / |E|", Pairs},
		{"bond", "reach", "#{b : (a, b) ∈ E or (b, a) ∈ E}", Pairs},
		{"bond", "brokerage", "pairs of partners without an edge / pairs of partners", Pairs},
		{"journey", "went", "came to the next point in time / at the point, time passed", Joiners},
		{"journey", "dropped", "1 − went on", Joiners},
		{"journey", "took", "min{t : S(t) ≤ 0.5}, who has not arrived is censored", Joiners},
		{"tier", "active_days", "#{d in the last 28 : ≥ 1 own message}", Ranked},
		{"tier", "activity", "A = Σ 2^(−age/14)", Ranked},
		{"tier", "partners", "R = #{other : reply, quote, @ or name, either way, 28 days}", Ranked},
		{"tier", "replies", "#{(day, other) : reply or quote received, 28 days}", Ranked},
		{"tier", "answers", "#{question of others : first answer theirs, 28 days}", Ranked},
		{"tier", "help", "Q = Σ min(3, replies + answers of the day)·2^(−age/14)", Ranked},
		{"tier", "penalty", "P = Σ 2^(−age/30) over strikes in force", Ranked},
		{"tier", "tags", "T = Σ points of the member's tags that the rules name", Ranked},
		{"tier", "score", "A·(1 + ln(1 + R)) + Q − P + T", Ranked},
		{"tier", "place", "100·place / n", Ranked},
		{"tier", "share_core", "core / n", Ranked},
		{"tier", "share_normal", "normal / n", Ranked},
		{"tier", "share_lurker", "lurkers / n", Ranked},
		{"tier", "needless_share", "changes back within 14 days / Σ n", MemberWeeks},
		{"tier", "weeks_within", "weeks with all shares in target / weeks", TierWeeks},
		{"growth", "invitation", "by members / (by members + by operators + otherwise)", Joinings},
		{"growth", "talk", "messages of talks opened by members / messages", TalkSaid},
		{"growth", "answers", "questions first answered by a member / questions", Askings},
		{"lead", "precision", "#{marked : activated within 30 d} / #{marked ≥ 30 d ago}, Wilson", Marked},
		{"lead", "recall", "#{activated : marked in the 30 d before} / #{activated since the first signal}, Wilson", Activations},
		{"experiment", "outcome_spoke7", "#{spoke within 7 d} / #{given a way ≥ 7 d ago}", Given},
		{"experiment", "outcome_replied7", "#{quoted or named within 7 d} / #{given a way ≥ 7 d ago}", Given},
		{"experiment", "outcome_stay7", "#{still there after 7 d} / #{given a way ≥ 7 d ago}", Given},
		{"experiment", "outcome_stay30", "#{still there after 30 d} / #{given a way ≥ 30 d ago}", Given},
		{"experiment", "outcome_left24", "#{left within 24 h} / #{given a way ≥ 24 h ago}", Given},
		{"experiment", "outcome_join_rate", "joins of a day / scans of the day", GroupDays},
		{"experiment", "outcome_talk", "speakers of a day / members, mean over groups", Roster},
		{"experiment", "diff", "x̄_B − x̄_A ± √V·√((1+V/τ²)·(2 ln(1/α) + ln(1+τ²/V)))", Given},
		{"experiment", "split", "χ² = Σ (n − E)²/E, 1 df, stop at p < 0.001", Given},
		{"experiment", "need", "2·(z₀.₉₇₅ + z₀.₈)²·σ²·(1+(m−1)ρ)/δ²", Given},
		{"experiment", "mde", "(t₀.₉₇₅ + t₀.₈)·√(2σ²(1+(m−1)ρ)/(K·m)), 2K − 2 df", Given},
		{"experiment", "effect", "1 + (m−1)·ρ", Given},
		{"experiment", "rho", "(MSB − MSW)/(MSB + (n₀−1)·MSW)", Given},
		{"claim", "screened", "S_screened(30) / S_others(30), exp(±1.96·√(SE²/S² + SE²/S²))", Stays},
		{"claim", "marks", "upheld / judged", Judgements},
	}
}
