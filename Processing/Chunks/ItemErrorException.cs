namespace OrleansTasks.Processing.Chunks;

/// <summary>An item has an error, and the plan does not pass it over.</summary>
/// <param name="error">The error.</param>
public sealed class ItemErrorException(ItemError error) : Exception(error.Message)
{
    /// <summary>What was wrong with which item.</summary>
    public ItemError Error => error;
}
