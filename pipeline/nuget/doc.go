// Package nuget is a further source of a survey: the packages that owners
// publish on nuget.org or another V3 feed, and what the surveyed repositories'
// project files refer to.
//
// While the repositories are listed, it lists the owners' packages and reads each
// one's registration, conditionally where it is known. Then it reads the project
// files of the repositories whose tip moved, folder by folder through GitHub's API
// and within GitHub's time. It evaluates them as MSBuild would, as far as that goes
// without running anything, reads the packages that they refer to, and reckons how
// far behind each use is. What it cannot tell, such as a version that floats, it
// names as written.
package nuget
