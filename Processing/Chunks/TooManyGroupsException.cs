namespace OrleansTasks.Processing.Chunks;

/// <summary>An aggregate holds more groups than its bound allows.</summary>
/// <param name="name">The aggregate.</param>
/// <param name="most">Its bound.</param>
public sealed class TooManyGroupsException(string name, int most) : Exception(
    $"The aggregate '{name}' has more than {most} different values. Raise its maxGroups, group by something coarser, or use "
    + "distinct, which estimates.");
