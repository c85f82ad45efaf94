package community

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Payment is money that a member paid, or got back. A deposit (押金) is none: it is owed back.
type Payment struct {
	ID       ID
	Group    GroupKey
	Member   MemberKey
	At       int64  // when it was paid, UTC ms
	Amount   int64  // minor units (分); < 0 = a refund
	Currency string // ISO 4217
	What     string // what was bought
	Ref      string // the shop's number; "" = none. The same number is entered once in a group
	Entered  int64  // UTC ms
	User     string // who entered it
	Voided   int64  // 0 = it stands
	VoidedBy string
	VoidWhy  string
}

// PaymentRow is a payment with the names that people read.
type PaymentRow struct {
	Payment
	GroupID   ID
	GroupName string
	MemberID  ID
	Name      string
}

// PaymentFilter asks for payments; zero values ask for nothing in particular.
type PaymentFilter struct {
	Group    GroupKey
	Member   MemberKey
	From, To int64 // UTC ms, [From, To)
	ID       ID
	Standing bool // without those that are void
	Page     Page
}

// Bounds of payments.
const (
	MaxPayment     = 100_000_000_000 // minor units
	maxPaymentText = 200             // runes
)

// Currencies are those that payments are kept in. All of them have two digits behind the point.
func Currencies() []string { return []string{"CNY", "HKD", "TWD", "USD", "EUR", "SGD"} }

// Check says what is wrong with a payment; CodeBadInput.
func (p Payment) Check() error {
	switch {
	case p.Amount == 0 || p.Amount > MaxPayment || p.Amount < -MaxPayment:
		return Errorf(CodeBadInput, "amount %d: want something between -%d and %d but 0", p.Amount, MaxPayment, MaxPayment)
	case !slices.Contains(Currencies(), p.Currency):
		return Errorf(CodeBadInput, "currency %q: want one of %s", p.Currency, strings.Join(Currencies(), ", "))
	case p.At <= 0:
		return Errorf(CodeBadInput, "the time of a payment is missing")
	case utf8.RuneCountInString(p.What) > maxPaymentText || utf8.RuneCountInString(p.Ref) > maxPaymentText:
		return Errorf(CodeBadInput, "a payment's text has more than %d characters", maxPaymentText)
	}
	return nil
}

// ParseAmount reads an amount of money with at most two digits behind the point, as "12", "12.5" or "-0.99", in minor units.
func ParseAmount(text string) (int64, error) {
	bad := Errorf(CodeBadInput, "amount %q: want a number with at most two digits behind the point", text)
	text = strings.TrimSpace(text)
	minus := strings.HasPrefix(text, "-")
	whole, part, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if whole == "" || len(whole) > 10 || len(part) > 2 || point && part == "" {
		return 0, bad
	}
	var n int64
	for _, c := range whole + (part + "00")[:2] {
		if c < '0' || c > '9' {
			return 0, bad
		}
		n = n*10 + int64(c-'0')
	}
	if minus {
		n = -n
	}
	return n, nil
}

// FormatAmount writes an amount in minor units as ParseAmount reads it, with both digits behind the point.
func FormatAmount(amount int64) string {
	sign := ""
	if amount < 0 {
		sign, amount = "-", -amount
	}
	return fmt.Sprintf("%s%d.%02d", sign, amount/100, amount%100)
}

// PaymentLine is a line of a file of payments: whose it is stands as it was written.
type PaymentLine struct {
	Payment
	Who string
}

// PaymentFault is what is wrong with a file of payments. What is "head", "amount", "time", "member", "currency", "text" or "many".
type PaymentFault struct {
	Line int // 1 = the head line
	What string
}

// MaxPayments bounds how many payments come at once.
const MaxPayments = 100_000

// ReadPayments reads a CSV of payments: a head line that names member, amount and at, in any order, and perhaps currency (CNY where
// it is missing or empty), what and ref. Times are those of a zone. With faults nothing else counts; at most 20 are given.
func ReadPayments(r io.Reader, zone *time.Location) (list []PaymentLine, faults []PaymentFault, err error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	head, err := in.Read()
	if err == io.EOF {
		return nil, []PaymentFault{{1, "head"}}, nil
	}
	if err != nil {
		return nil, nil, Errorf(CodeBadInput, "the file is no CSV: %w", err)
	}
	column := map[string]int{}
	for i, name := range head {
		column[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for _, must := range []string{"member", "amount", "at"} {
		if _, ok := column[must]; !ok {
			return nil, []PaymentFault{{1, "head"}}, nil
		}
	}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return list, faults, nil
		}
		if err != nil {
			return nil, nil, Errorf(CodeBadInput, "the file is no CSV: %w", err)
		}
		line, _ := in.FieldPos(0)
		one, what := paymentLine(func(name string) string {
			if i, ok := column[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}, zone)
		if len(list) >= MaxPayments {
			what = "many"
		}
		if what != "" {
			if faults = append(faults, PaymentFault{line, what}); len(faults) == 20 || what == "many" {
				return nil, faults, nil
			}
			continue
		}
		list = append(list, one)
	}
}

func paymentLine(cell func(name string) string, zone *time.Location) (p PaymentLine, what string) {
	amount, err := ParseAmount(cell("amount"))
	if err != nil || amount == 0 || amount > MaxPayment || amount < -MaxPayment {
		return p, "amount"
	}
	at, err := ParsePaid(cell("at"), zone)
	if err != nil {
		return p, "time"
	}
	p = PaymentLine{Payment: Payment{At: at, Amount: amount, Currency: strings.ToUpper(cell("currency")), What: cell("what"), Ref: cell("ref")}, Who: cell("member")}
	if p.Currency == "" {
		p.Currency = "CNY"
	}
	switch {
	case p.Who == "":
		return p, "member"
	case !slices.Contains(Currencies(), p.Currency):
		return p, "currency"
	case p.Check() != nil:
		return p, "text"
	}
	return p, ""
}

// ParsePaid reads when something was paid, as 2006-01-02 or 2006-01-02 15:04 in a zone (also with a T between), in UTC ms.
func ParsePaid(text string, zone *time.Location) (int64, error) {
	text = strings.Replace(text, "T", " ", 1)
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil && at.UnixMilli() > 0 {
			return at.UnixMilli(), nil
		}
	}
	return 0, Errorf(CodeBadInput, "time %q: want 2006-01-02 or 2006-01-02 15:04", text)
}
