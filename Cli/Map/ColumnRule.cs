using System.Text.RegularExpressions;

namespace OrleansTasks.Cli.Map;

/// <summary>How the text of a source becomes arguments: <c>--colsep</c> and <c>--trim</c>.</summary>
internal sealed class ColumnRule
{
    private static readonly char[] White = [' ', '\t', '\n', '\r', '\f', '\v'];

    private readonly Regex? separator;
    private readonly bool trimsLeft;
    private readonly bool trimsRight;

    /// <summary>Creates the rule. Throws <see cref="UsageException"/>.</summary>
    /// <param name="separator">A regular expression that separates arguments; null for none.</param>
    /// <param name="trim">
    /// <c>n</c>, <c>l</c>, <c>r</c>, <c>lr</c> or <c>rl</c>; null for the default: <c>rl</c> with a separator, else
    /// <c>n</c>.
    /// </param>
    public ColumnRule(string? separator, string? trim)
    {
        trim ??= separator is null ? "n" : "rl";
        if (trim is not ("n" or "l" or "r" or "lr" or "rl"))
            throw UsageException.OfValue("--trim", trim, "n, l, r or lr");
        trimsLeft = trim.Contains('l', StringComparison.Ordinal);
        trimsRight = trim.Contains('r', StringComparison.Ordinal);
        if (separator is null)
            return;
        try
        {
            this.separator = new Regex(ByteText.Of(separator), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));
        }
        catch (ArgumentException fault)
        {
            throw new UsageException($"--colsep is not a regular expression: {fault.Message}");
        }
    }

    /// <summary>Returns the arguments in a record.</summary>
    public string[] Split(string record)
    {
        var columns = separator is null ? [record] : Separate(record);
        for (var at = 0; at < columns.Length; at++)
        {
            if (trimsLeft)
                columns[at] = columns[at].TrimStart(White);
            if (trimsRight)
                columns[at] = columns[at].TrimEnd(White);
        }

        return columns;
    }

    private string[] Separate(string record)
    {
        try
        {
            return separator!.Split(record);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new UsageException("--colsep takes longer than 10 s for one argument; give a simpler regular expression.");
        }
    }
}
