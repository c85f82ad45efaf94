// Package duty keeps who is on duty and whom an alarm goes to: the roster with its weekly shifts and changes of single
// days, the alarm with its timed steps, and the decision who is told next. It decides only; telling is done elsewhere.
package duty
