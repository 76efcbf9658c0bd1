using System.Globalization;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// Numbers of users and groups that nobody has. The first one is the reader's: with its rights the worker opens the files that jobs read.
/// Each of the others is given to one task at a time.
/// </summary>
public sealed record UserRange
{
    /// <summary>What <c>--run-as-range</c> takes.</summary>
    public const string Takes = "FIRST-LAST, such as 300000-300999: up to 65,536 numbers from 1,000 to 2,147,483,647";

    private const string Option = "--run-as-range";
    private const uint Lowest = 1_000, Highest = int.MaxValue;
    private const int MostNumbers = 65_536;

    /// <summary>A slot runs a command, keeps another one, and may wait for two that are ending.</summary>
    private const int NumbersPerSlot = 4;

    private UserRange(uint first, uint last, string changer) => (First, Last, Changer) = (first, last, changer);

    /// <summary>The reader's number.</summary>
    public uint First { get; }

    /// <summary>The last number of a task.</summary>
    public uint Last { get; }

    /// <summary>How many numbers there are for tasks.</summary>
    public int TaskNumbers => (int)(Last - First);

    private string Changer { get; }

    /// <summary>The user with whose rights the worker opens the files that jobs read; no task ever runs as this user.</summary>
    internal RunAsUser AsReader() => Of(First) with { Range = this };

    /// <summary>Reads FIRST-LAST; null when the text is not that.</summary>
    /// <param name="text">The text.</param>
    /// <param name="changer">The program setpriv.</param>
    internal static UserRange? Parse(string text, string changer)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && IsNumber(text.AsSpan(0, dash), out var first) && IsNumber(text.AsSpan(dash + 1), out var last)
            && first is >= Lowest and <= Highest && last is >= Lowest and <= Highest && first < last && last - first < MostNumbers
            ? new(first, last, changer)
            : null;
    }

    /// <summary>Throws when the range has too few numbers for a worker's slots.</summary>
    /// <exception cref="RunAsException">It has too few.</exception>
    public void CheckRoomFor(int slots)
    {
        if (TaskNumbers >= NumbersPerSlot * slots) return;
        throw new RunAsException($"{Option} {First}-{Last} has {TaskNumbers} numbers for tasks, which is too few for --slots {slots}: give "
            + $"at least {(NumbersPerSlot * slots) + 1} numbers, {NumbersPerSlot} a slot and one to read files with.");
    }

    /// <summary>Throws when somebody has a number of the range.</summary>
    /// <exception cref="RunAsException">Somebody has one; the message says who.</exception>
    internal void CheckNobodyHas(IEnumerable<SubordinateRange> subordinates)
    {
        foreach (var other in subordinates)
            if (other.First <= Last && First <= other.Last)
                throw Taken($"{other.File} gives {other.First}-{other.Last} to '{other.Owner}'");
        for (var number = First; number <= Last; number++)
            if (UserDatabase.FindHolder(number) is { } holder) throw Taken($"{number} is {holder}");
    }

    /// <summary>The user of a task, who is in no group but the one with the same number.</summary>
    internal RunAsUser OfTask(uint number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(number, First);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, Last);
        return Of(number) with { IsOfOneTask = true };
    }

    private RunAsUser Of(uint number) => new()
    {
        Name = number.ToString(CultureInfo.InvariantCulture), Uid = number, Gid = number, Groups = [], Home = "", Changer = Changer,
    };

    private RunAsException Taken(string by) =>
        new($"{Option} {First}-{Last}: {by}. Give numbers that no user and no group has.");

    private static bool IsNumber(ReadOnlySpan<char> text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
