namespace OrleansTasks.Processing.Plugins;

/// <summary>
/// Makes results from items of any kind. An instance serves one slot at a time and is kept from chunk to chunk. It may
/// keep buffers, but nothing that results depend on, since a chunk can run twice and on any worker. An exception fails
/// the chunk.
/// </summary>
public interface IItemProcessor
{
    /// <summary>Adds any number of results of an item, including none.</summary>
    /// <param name="item">The item, valid only during the call.</param>
    /// <param name="results">Receives the results.</param>
    /// <returns>
    /// What is wrong with the item, in readable form; its results are then dropped, and it is an item error. Null if
    /// nothing is.
    /// </returns>
    string? Process(Item item, Results results);
}
