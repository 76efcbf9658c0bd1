namespace OrleansTasks.Processing.Plugins;

/// <summary>
/// Makes an integer of each integer, many at a time and without an object an item: the fast way for ranges. Items that are no integers
/// of 64 bits are item errors. The rest is as for <see cref="IItemProcessor"/>.
/// </summary>
public interface IIntegerProcessor
{
    /// <summary>Sets the result of each item.</summary>
    /// <param name="items">The items.</param>
    /// <param name="results">As many results.</param>
    void Process(ReadOnlySpan<long> items, Span<long> results);
}
