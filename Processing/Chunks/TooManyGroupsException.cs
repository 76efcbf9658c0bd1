namespace OrleansTasks.Processing.Chunks;

/// <summary>An aggregate holds more groups, or more bytes of groups, than its limit allows.</summary>
public sealed class TooManyGroupsException : Exception
{
    private const string Remedy = "group by something coarser, or use distinct, which estimates.";

    private TooManyGroupsException(string message)
        : base(message)
    {
    }

    internal static TooManyGroupsException OfCount(string name, int most) =>
        new($"The aggregate '{name}' has more than {most} different values. Raise its maxGroups, {Remedy}");

    internal static TooManyGroupsException OfAll(int most) =>
        new($"The different values of all aggregates together have more than {most} bytes. Select something shorter, {Remedy}");

    internal static TooManyGroupsException OfBytes(string name, int most) =>
        new($"The different values of the aggregate '{name}' have more than {most} bytes. Select something shorter, {Remedy}");
}
