namespace OrleansTasks.Processing.Chunks;

/// <summary>An aggregate holds more groups, or more bytes of groups, than its limit allows.</summary>
public sealed class TooManyGroupsException : Exception
{
    private const string Remedy = "group by fewer values, or use distinct, which estimates.";

    private TooManyGroupsException(string message)
        : base(message)
    {
    }

    internal static TooManyGroupsException OfCount(string name, int most) =>
        new($"The aggregate '{name}' has more than {most} distinct values. Raise its maxGroups, {Remedy}");

    internal static TooManyGroupsException OfAll(int most) =>
        new($"The distinct values of all aggregates exceed {most} bytes in total. Select shorter values, {Remedy}");

    internal static TooManyGroupsException OfBytes(string name, int most) =>
        new($"The distinct values of the aggregate '{name}' exceed {most} bytes. Select shorter values, {Remedy}");
}
