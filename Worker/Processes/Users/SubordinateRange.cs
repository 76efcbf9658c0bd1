using System.Globalization;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>A range of ids that a user may use in containers, from a line of subuid(5) or subgid(5).</summary>
/// <param name="File">The file that has the line.</param>
/// <param name="Owner">The user's name or number.</param>
/// <param name="First">The first id.</param>
/// <param name="Last">The last id.</param>
internal readonly record struct SubordinateRange(string File, string Owner, long First, long Last)
{
    /// <summary>Reads the ranges of this machine.</summary>
    internal static List<SubordinateRange> OfMachine()
    {
        var ranges = new List<SubordinateRange>();
        foreach (var file in new[] { "/etc/subuid", "/etc/subgid" })
            if (System.IO.File.Exists(file)) ranges.AddRange(Read(file, System.IO.File.ReadLines(file)));
        return ranges;
    }

    /// <summary>Reads lines of the form OWNER:FIRST:COUNT and skips all others.</summary>
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
