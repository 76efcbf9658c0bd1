using System.Text.RegularExpressions;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>Reads a program's log for what no stranger's bytes may cause.</summary>
internal sealed partial class LogWatch
{
    private int read;

    /// <summary>Fails when a line that was added since the last call tells of an error or an unhandled exception.</summary>
    public void RequireNoError(string log)
    {
        var added = log[Math.Min(read, log.Length)..];
        read = log.Length;
        if (ErrorLine().Match(added) is { Success: true } found)
            throw new FindingException($"The log has an error: {Shorten(found.Value.Trim())}");
    }

    private static string Shorten(string text) => text.Length <= 600 ? text : text[..600] + "…";

    [GeneratedRegex(@"^.*( fail: | crit: |Unhandled exception|Unobserved).*$", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();
}
