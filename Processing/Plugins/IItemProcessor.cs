namespace OrleansTasks.Processing.Plugins;

/// <summary>
/// Makes results of items of any kind. An object serves one slot at a time and is kept from chunk to chunk, so it may keep buffers but
/// nothing that results depend on: a chunk can run twice, on any worker. What it throws fails the chunk.
/// </summary>
public interface IItemProcessor
{
    /// <summary>Adds the item's results, none or any number.</summary>
    /// <param name="item">The item, valid during the call only.</param>
    /// <param name="results">Where the results go.</param>
    /// <returns>What is wrong with the item, for people; null when nothing is. Then its results are dropped: it is an item error.</returns>
    string? Process(Item item, Results results);
}
