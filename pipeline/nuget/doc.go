// Package nuget is a further source of a survey: the packages that owners
// publish on nuget.org, and what the surveyed repositories' project files refer
// to.
package nuget
