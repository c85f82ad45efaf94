// Package founding keeps what a group is begun with: templates, as versioned files that hold goal, rules, welcome, tiers, plan and KPI
// of a type of group; what one of them makes of a group, part by part; and what would be different there. It decides purely.
package founding
