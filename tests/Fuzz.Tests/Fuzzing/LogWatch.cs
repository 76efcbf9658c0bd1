using System.Text.RegularExpressions;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>Reads a program's log for what no stranger's bytes may cause.</summary>
internal sealed partial class LogWatch
{
    private readonly HashSet<string> told = new(StringComparer.Ordinal);
    private const int LinesOfATrace = 13;
    private readonly Queue<string> untold = new();
    private readonly Queue<string> errors = new();
    private int read;
    private int traced;

    /// <summary>
    /// Fails when a whole line that was added tells of an error or an unhandled exception. Of several the next call fails with
    /// the next one.
    /// </summary>
    public void RequireNoError(string log)
    {
        var end = log.LastIndexOf('\n') + 1;
        foreach (Match match in ErrorLine().Matches(log[Math.Min(read, end)..end]))
            errors.Enqueue(Shorten(match.Value.Trim()));
        read = end;
        if (errors.TryDequeue(out var next))
            throw new FindingException($"The log has an error: {next}");
    }

    /// <summary>
    /// Fails with a stack trace that was added, each kind once. Of several the next call fails with the next one.
    /// </summary>
    public void RequireNoTrace(string log)
    {
        foreach (Match match in Trace().Matches(log[Math.Min(traced, log.Length)..]))
            if ($"{match.Groups[1].Value} at {match.Groups[2].Value}" is var trace && told.Add(trace))
                untold.Enqueue(trace);
        // The rest of a trace may be still to come: its first lines are looked at again.
        traced = log.Length;
        for (var lines = 0; lines < LinesOfATrace && traced > 0; lines++)
            traced = log.LastIndexOf('\n', traced - 1);
        traced = Math.Max(traced, 0);
        if (untold.TryDequeue(out var next))
            throw new FindingException($"The log has a stack trace: {next}");
    }

    private static string Shorten(string text) => text.Length <= 600 ? text : text[..600] + "…";

    [GeneratedRegex(@"(\w+Exception)\b[^\n]*?(?:\n[^\n]*?){0,12}?\bat (OrleansTasks\.[\w.<>`]+)\(")]
    private static partial Regex Trace();

    [GeneratedRegex(@"^.*( fail: | crit: |Unhandled exception|Unobserved).*$", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();
}
