using System.Globalization;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// A range of numbers (user and group ids) that no user or group has. The worker opens the files of jobs with the
/// rights of the first one, the reader. Each of the others is given to one task at a time.
/// </summary>
public sealed record UserRange
{
    /// <summary>The values that <c>--run-as-range</c> accepts.</summary>
    public const string Expected = "FIRST-LAST with up to 65,536 numbers from 1,000 to 2,147,483,647, such as 300000-300999";

    private const string Option = "--run-as-range";
    private const uint Lowest = 1_000, Highest = int.MaxValue;
    private const int MostNumbers = 65_536;

    /// <summary>A slot runs one command, keeps another, and may wait for two that are ending.</summary>
    private const int NumbersPerSlot = 4;

    private UserRange(uint first, uint last, string changer) => (First, Last, Changer) = (first, last, changer);

    /// <summary>The reader's number.</summary>
    public uint First { get; }

    /// <summary>The last number that a task may get.</summary>
    public uint Last { get; }

    /// <summary>The count of numbers for tasks.</summary>
    public int TaskNumbers => (int)(Last - First);

    private string Changer { get; }

    /// <summary>
    /// Returns the user with whose rights the worker opens the files of jobs. No task ever runs as this user.
    /// </summary>
    internal RunAsUser AsReader() => Of(First) with { Range = this };

    /// <summary>Parses FIRST-LAST. Returns null if the text is not a valid range.</summary>
    /// <param name="text">The text to parse.</param>
    /// <param name="changer">The path of setpriv.</param>
    internal static UserRange? Parse(string text, string changer)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && IsNumber(text.AsSpan(0, dash), out var first) && IsNumber(text.AsSpan(dash + 1), out var last)
            && first is >= Lowest and <= Highest && last is >= Lowest and <= Highest && first < last && last - first < MostNumbers
            ? new(first, last, changer)
            : null;
    }

    /// <summary>Throws if the range is too small for a worker's slots.</summary>
    /// <exception cref="RunAsException">The range is too small.</exception>
    public void CheckRoomFor(int slots)
    {
        if (TaskNumbers >= NumbersPerSlot * slots) return;
        throw new RunAsException($"{Option} {First}-{Last} has {TaskNumbers} numbers for tasks, too few for --slots {slots}. Give "
            + $"at least {(NumbersPerSlot * slots) + 1} numbers: {NumbersPerSlot} per slot, and one for reading files.");
    }

    /// <summary>Throws if a user or group has a number of the range.</summary>
    /// <exception cref="RunAsException">A number is in use; the message names its holder.</exception>
    internal void CheckNobodyHas(IEnumerable<SubordinateRange> subordinates)
    {
        foreach (var other in subordinates)
            if (other.First <= Last && First <= other.Last)
                throw Taken($"{other.File} gives {other.First}-{other.Last} to '{other.Owner}'");
        for (var number = First; number <= Last; number++)
            if (UserDatabase.FindHolder(number) is { } holder) throw Taken($"{number} is {holder}");
    }

    /// <summary>Returns the user of a task, whose only group has the same number.</summary>
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
        new($"{Option} {First}-{Last}: {by}. Choose numbers that no user or group has.");

    private static bool IsNumber(ReadOnlySpan<char> text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
