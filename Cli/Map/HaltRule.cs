using System.Globalization;

namespace OrleansTasks.Cli.Map;

/// <summary>When <c>otask map</c> stops before its end (<c>--halt</c>).</summary>
/// <param name="IsAtOnce">Whether running tasks are cancelled; otherwise they end by themselves.</param>
/// <param name="What">Which ends count: <c>fail</c>, <c>success</c> or <c>done</c>.</param>
/// <param name="Count">After how many of them.</param>
internal sealed record HaltRule(bool IsAtOnce, string What, int Count)
{
    /// <summary>
    /// Reads <c>never</c>, <c>soon,fail=1</c> and similar rules; null for never. Throws <see cref="UsageException"/>.
    /// </summary>
    public static HaltRule? Read(string? text)
    {
        if (text is null or "never")
            return null;
        return text.Split(',', '=') is [("soon" or "now") and var pace, ("fail" or "success" or "done") and var what, var number]
            && text.IndexOf('=', StringComparison.Ordinal) > text.IndexOf(',', StringComparison.Ordinal)
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? new HaltRule(pace == "now", what, count)
            : throw UsageException.OfValue("--halt", text, "never, or for example soon,fail=1 or now,success=2");
    }

    /// <summary>Whether an end counts.</summary>
    public bool Counts(bool hasSucceeded) => What == "done" || hasSucceeded == (What == "success");
}
