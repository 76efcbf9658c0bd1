using System.Text.RegularExpressions;

namespace OrleansTasks.Tasks.Spec;

/// <summary>
/// Reads regular expressions that are matched in linear time, with little work for each character
/// (<see cref="PatternCost"/>).
/// </summary>
internal static class LinearPattern
{
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Reads a pattern. Returns null if the pattern is not valid, and adds a fault if rules are checked: an earlier
    /// version of the service may have accepted the pattern of a stored document.
    /// </summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="isWhole">Whether a text must match as a whole, rather than somewhere.</param>
    /// <param name="path">The place of the pattern.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static Regex? Read(string pattern, bool isWhole, string path, SpecErrors errors)
    {
        if (pattern.Length is 0 or > ServiceLimits.PatternLength)
        {
            errors.AddRule(path, $"must have 1 to {ServiceLimits.PatternLength} characters");
            return null;
        }

        var text = isWhole ? $@"\A(?:{pattern})\z" : pattern;
        try
        {
            var regex = new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, LongestMatch);
            if (PatternCost.Of(text) <= PatternCost.Most)
                return regex;
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            // The fault below names every reason.
        }

        errors.AddRule(path, "is not a regular expression that can be matched in linear time: without lookarounds, "
            + "backreferences, large repetitions, classes within classes and option x, and without nested counts whose "
            + $"product exceeds {PatternCost.Most}");
        return null;
    }

    /// <summary>Says that a stored pattern cannot be used, and what to do.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="document">The kind of document that has it, such as <c>trigger</c>.</param>
    public static string Unusable(string pattern, string document) =>
        $"cannot be checked: an earlier version of the service accepted the pattern '{StrictReader.Quote(pattern)}', "
            + $"which this version does not match, because it takes too much work; store the {document} again with "
            + "another pattern";

    /// <summary>Returns whether a text matches a pattern; false if that takes more than a second.</summary>
    public static bool IsMatch(Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
