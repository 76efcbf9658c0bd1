using System.Text.RegularExpressions;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads regular expressions that are matched in linear time.</summary>
internal static class LinearPattern
{
    /// <summary>Reads a pattern. Adds a fault and returns null if the pattern is not valid.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="isWhole">Whether a text must match as a whole, rather than somewhere.</param>
    /// <param name="path">The place of the pattern.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static Regex? Read(string pattern, bool isWhole, string path, SpecErrors errors)
    {
        if (pattern.Length is 0 or > ServiceLimits.PatternLength)
        {
            errors.Add(path, $"must have 1 to {ServiceLimits.PatternLength} characters");
            return null;
        }

        try
        {
            return new Regex(
                isWhole ? $@"\A(?:{pattern})\z" : pattern,
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            errors.Add(path, "is not a regular expression that can be matched in linear time: "
                + "without lookarounds, backreferences and large repetitions");
            return null;
        }
    }
}
