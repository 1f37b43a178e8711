package nuget

import "strings"

// Range is what a reference asks for: the versions between two bounds, either
// of which may be missing.
type Range struct {
	min, max           *Version // nil for no bound
	minClosed, maxOpen bool
	floats             bool
}

// ParseRange reads a version range by the rules of NuGet.Versioning's
// VersionRange.TryParse. A version alone means itself or anything above, "[1.0]"
// exactly itself, and "1.*" or "1.0.0-rc.*" float. The boolean is false for what
// NuGet refuses, such as "(1.0)".
func ParseRange(s string) (Range, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Range{}, false
	}
	if s[0] != '[' && s[0] != '(' {
		r := Range{minClosed: true}
		return r, r.parseMin(s)
	}
	last := s[len(s)-1]
	if len(s) < 2 || last != ']' && last != ')' {
		return Range{}, false
	}
	r := Range{minClosed: s[0] == '[', maxOpen: last == ')'}
	low, high, two := strings.Cut(s[1:len(s)-1], ",")
	if !two {
		high = low
	}
	switch {
	case low == "" && high == "", strings.Contains(high, ","):
		return Range{}, false
	case !two && !(r.minClosed && !r.maxOpen):
		return Range{}, false
	case strings.TrimSpace(low) != "" && !r.parseMin(low):
		return Range{}, false
	}
	if strings.TrimSpace(high) != "" {
		v, ok := ParseVersion(high)
		if !ok {
			return Range{}, false // the upper bound cannot float
		}
		r.max = &v
	}
	if r.min == nil || r.max == nil {
		return r, true
	}
	c := r.min.Compare(*r.max)
	return r, c < 0 || c == 0 && r.minClosed == !r.maxOpen
}

// parseMin reads the lower bound, which may float: the star then stands for the
// lowest there is.
func (r *Range) parseMin(s string) bool {
	s = strings.TrimSpace(s)
	r.floats = strings.Contains(s, "*")
	if r.floats {
		number, label, hasLabel := strings.Cut(s, "-")
		if strings.Contains(s, "+") || strings.Contains(strings.TrimSuffix(number, "*"), "*") || strings.Contains(strings.TrimSuffix(label, "*"), "*") ||
			hasLabel && !strings.HasSuffix(label, "*") {
			return false
		}
		if n := strings.TrimSuffix(number, "*"); n != number {
			number = n + "0"
		}
		if l := strings.TrimSuffix(label, "*"); l == "" || strings.HasSuffix(l, ".") {
			label = l + "0"
		} else {
			label = l
		}
		if s = number; hasLabel {
			s += "-" + label
		}
	}
	v, ok := ParseVersion(s)
	r.min = &v
	return ok
}

// Contains reports that a version lies between the bounds. Of a range that floats
// only the lower bound counts.
func (r Range) Contains(v Version) bool {
	if r.min != nil {
		if c := v.Compare(*r.min); c < 0 || c == 0 && !r.minClosed {
			return false
		}
	}
	if r.max != nil {
		if c := v.Compare(*r.max); c > 0 || c == 0 && r.maxOpen {
			return false
		}
	}
	return true
}

// Lowest returns the place of the version that restoring takes out of those that
// exist: the lowest that fits, a prerelease only where a bound is one. It is -1
// when none fits and when the range floats.
func (r Range) Lowest(exist []Version) int {
	lowest := -1
	prereleases := r.min != nil && r.min.IsPrerelease() || r.max != nil && r.max.IsPrerelease()
	for i, v := range exist {
		if !r.floats && r.Contains(v) && (prereleases || !v.IsPrerelease()) && (lowest < 0 || v.Compare(exist[lowest]) < 0) {
			lowest = i
		}
	}
	return lowest
}
