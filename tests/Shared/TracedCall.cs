using System.Text.RegularExpressions;

namespace OrleansTasks.Tests;

/// <summary>A system call in strace's output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">Its arguments as strace shows them.</param>
/// <param name="Began">The number of the line where it began.</param>
/// <param name="Ended">The number of the line where it returned.</param>
/// <param name="Result">What it returned.</param>
internal sealed partial record TracedCall(string Name, string Text, int Began, int Ended, string Result)
{
    /// <summary>The calls of a trace that returned, in the order in which they began.</summary>
    public static List<TracedCall> Read(string path)
    {
        var calls = new List<TracedCall>();
        var unfinished = new Dictionary<string, TracedCall>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (Resumed().Match(line) is { Success: true } resumed)
            {
                if (unfinished.Remove(resumed.Groups[1].Value, out var begun))
                    calls.Add(begun with { Text = begun.Text + resumed.Groups[2].Value, Ended = number, Result = ResultOf(line) });
            }
            else if (Call().Match(line) is { Success: true } call)
            {
                var begun = new TracedCall(call.Groups[2].Value, call.Groups[3].Value, number, number, "");
                if (line.EndsWith("<unfinished ...>", StringComparison.Ordinal))
                    unfinished[call.Groups[1].Value] = begun;
                else
                    calls.Add(begun with { Result = ResultOf(line) });
            }
        }

        calls.Sort((left, right) => left.Began.CompareTo(right.Began));
        return calls;
    }

    private static string ResultOf(string line) => line[(line.LastIndexOf(" = ", StringComparison.Ordinal) + 3)..];

    [GeneratedRegex(@"^(\d+) +<\.\.\. \w+ resumed>(.*)$")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^(\d+) +(\w+)\((.*)$")]
    private static partial Regex Call();
}
