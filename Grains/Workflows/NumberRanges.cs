namespace OrleansTasks.Workflows;

/// <summary>
/// Finds the owner of a task number. Ranges do not overlap, so the last one that begins at or before a number is the
/// only one that can have it.
/// </summary>
/// <typeparam name="T">The type of a range's owner.</typeparam>
internal sealed class NumberRanges<T>
    where T : class
{
    private readonly SortedList<long, (T Owner, int Count)> byFirst = [];

    /// <summary>Adds a range of at least one number.</summary>
    public void Add(long first, int count, T owner) => byFirst.Add(first, (owner, count));

    /// <summary>Removes the range that begins with a number.</summary>
    public void Remove(long first) => byFirst.Remove(first);

    /// <summary>Returns the owner of a number and the number's index in its range; null if it has no owner.</summary>
    public T? Find(long no, out int index)
    {
        var (low, high) = (0, byFirst.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = byFirst.GetKeyAtIndex(middle) <= no ? (middle + 1, high) : (low, middle);
        }

        index = low > 0 ? (int)Math.Min(no - byFirst.GetKeyAtIndex(low - 1), int.MaxValue) : 0;
        return low > 0 && byFirst.GetValueAtIndex(low - 1) is var (owner, count) && index < count ? owner : null;
    }
}
