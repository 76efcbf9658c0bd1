using System.Text.RegularExpressions;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>Reads a program's log for what no stranger's bytes may cause.</summary>
internal sealed partial class LogWatch
{
    private readonly HashSet<string> told = new(StringComparer.Ordinal);
    private readonly Queue<string> untold = new();
    private int read;

    /// <summary>
    /// Fails when a line that was added since the last call tells of an error or an unhandled exception.
    /// </summary>
    public void RequireNoError(string log)
    {
        var added = log[Math.Min(read, log.Length)..];
        read = log.Length;
        if (ErrorLine().Match(added) is { Success: true } found)
            throw new FindingException($"The log has an error: {Shorten(found.Value.Trim())}");
    }

    /// <summary>
    /// Fails with a stack trace that was added, each kind once. Of several the next call fails with the next one.
    /// </summary>
    public void RequireNoTrace(string log)
    {
        foreach (Match match in Trace().Matches(log[Math.Min(read, log.Length)..]))
            if ($"{match.Groups[1].Value} at {match.Groups[2].Value}" is var trace && told.Add(trace))
                untold.Enqueue(trace);
        read = log.Length;
        if (untold.TryDequeue(out var next))
            throw new FindingException($"The log has a stack trace: {next}");
    }

    private static string Shorten(string text) => text.Length <= 600 ? text : text[..600] + "…";

    [GeneratedRegex(@"(\w+Exception)\b[^\n]*?(?:\n[^\n]*?){0,12}?\bat (OrleansTasks\.[\w.<>`]+)\(")]
    private static partial Regex Trace();

    [GeneratedRegex(@"^.*( fail: | crit: |Unhandled exception|Unobserved).*$", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();
}
