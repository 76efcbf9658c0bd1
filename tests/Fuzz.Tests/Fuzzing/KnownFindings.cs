namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>
/// Defects that are known and not mended yet. They are counted in the evidence and do not fail a run. Remove a line together with its defect.
/// </summary>
internal static class KnownFindings
{
    /// <summary>The surface, a part of the finding's message, and why it is listed.</summary>
    private static readonly (string Surface, string Part, string Reason)[] All =
    [
    ];

    /// <summary>Returns why a finding is listed; null when it is a new one.</summary>
    public static string? ReasonOf(string surface, string message) =>
        All.Where(known => known.Surface == surface && message.Contains(known.Part, StringComparison.Ordinal))
            .Select(static known => known.Reason).FirstOrDefault();
}
