using System.Text.RegularExpressions;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>
/// Defects that are known and not mended yet. They are counted in the evidence and do not fail a run. Remove a line
/// together with its defect, and move its input from the corpus's folder <c>known</c> to the folder above.
/// </summary>
internal static class KnownFindings
{
    /// <summary>The surface, a pattern of the finding's message, and why it is listed.</summary>
    private static readonly (string Surface, string Pattern, string Reason)[] All =
    [
        ("grpc-silo", "exceeded the output operations maximum queue size",
            "Kestrel logs a flood of PING or SETTINGS frames, which it ends, at level Critical."),
    ];

    /// <summary>Returns why a finding is listed; null when it is a new one.</summary>
    public static string? ReasonOf(string surface, string message) =>
        All.Where(known => known.Surface == surface && Regex.IsMatch(message, known.Pattern, RegexOptions.Singleline))
            .Select(static known => known.Reason).FirstOrDefault();
}
