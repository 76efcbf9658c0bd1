using System.Globalization;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>Numbers that a user may have in containers, by a line of subuid(5) or subgid(5).</summary>
/// <param name="File">Where the line is.</param>
/// <param name="Owner">The user's name or number.</param>
/// <param name="First">The first number.</param>
/// <param name="Last">The last one.</param>
internal readonly record struct SubordinateRange(string File, string Owner, long First, long Last)
{
    /// <summary>Reads those of this machine.</summary>
    internal static List<SubordinateRange> OfMachine()
    {
        var ranges = new List<SubordinateRange>();
        foreach (var file in new[] { "/etc/subuid", "/etc/subgid" })
            if (System.IO.File.Exists(file)) ranges.AddRange(Read(file, System.IO.File.ReadLines(file)));
        return ranges;
    }

    /// <summary>Reads lines of OWNER:FIRST:COUNT; others are comments.</summary>
    internal static IEnumerable<SubordinateRange> Read(string file, IEnumerable<string> lines)
    {
        foreach (var line in lines)
            if (line.Split(':') is [var owner, var first, var count] && TryRead(first, out var from)
                && TryRead(count, out var size) && size > 0)
                yield return new(file, owner, from, from + size - 1);
    }

    private static bool TryRead(string text, out uint number) =>
        uint.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
